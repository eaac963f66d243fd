// A limit: the plainest loop that performs an operation, against which the subject's number is
// held. It shares the pages, the clocks and the start with the subject, and none of its measuring.
#pragma once

#include "bench/subject/clock.h"
#include "bench/subject/slice.h"

namespace procmark::limit {

// All that a loop needs; filled in before it runs.
struct Plan {
  subject::ClockGettime gettime;
  subject::Clock clock;
  const char* path;         // of the program that exits at once
  const char* libc_path;    // of the same with a C library, where `limit_of` is an exec
  volatile int64_t* stamp;  // in the shared page: what a child leaves for its parent
};

// Performs `count` operations, stores how long each took, and returns how many ended as they
// should; -errno when the kernel does not give the first.
using Loop = int64_t (*)(const Plan& plan, volatile int64_t* samples, uint32_t count);

// Where a loop of few instructions lies decides which state the CPU is in while it runs
// (bench/README.md). A bound from below should have met more than one: a loop that has no C library
// around it stands at this many places, and each takes its share of a slice's samples.
inline constexpr uint32_t kPlaces = 4;

struct Limit {
  const char* name;
  const char* limit_of;
  const char* family;
  const char* sentence;
  Loop loops[kPlaces];        // the first, and others until one is nullptr
  const char* from = "call";  // the edge that it begins at
};

// Ends with an entry without a name. Defined once per program: raw.cc, libc.cc, life.cc,
// libc_life.cc.
extern const Limit kLimits[];

// Each loop begins where the subject's do (Repeat in subject/benchmark.h), so that neither of two
// loops of the same bytes lies across a boundary that the other does not. Not in the C library's
// program, where it was seen to cost the child of a fork one fault on text more.
#define PROCMARK_LIMIT_LOOP [[gnu::aligned(1024)]] int64_t

// The loops of one template, whose first parameter is the place.
#define PROCMARK_PLACES(loop, ...)                                             \
  {                                                                            \
    loop<0 __VA_OPT__(, ) __VA_ARGS__>, loop<1 __VA_OPT__(, ) __VA_ARGS__>,    \
        loop<2 __VA_OPT__(, ) __VA_ARGS__>, loop<3 __VA_OPT__(, ) __VA_ARGS__> \
  }

[[gnu::always_inline]] inline int64_t Now(const Plan& plan) {
  return plan.clock != subject::Clock::kNanoseconds ? subject::ReadTicks(plan.clock)
                                                    : subject::ReadNanoseconds(plan.gettime);
}

}  // namespace procmark::limit

// SPDX-License-Identifier: MIT
// A limit: the plainest loop that performs an operation. The benchmark of the same operation is
// compared with it. It reuses the subject's shared memory, clocks and start-up code, but not its
// measurement loop.
#pragma once

#include "bench/subject/benchmark.h"

namespace procmark::limit {

using subject::Edge;
using subject::Join;
using subject::Literal;

// What a loop needs.
struct Inputs {
  subject::ClockGettime gettime;
  subject::Clock clock;
  const char* path;         // of the program without a C library, which exits at once
  const char* libc_path;    // of the same program with a C library, for limits of exec
  volatile int64_t* stamp;  // in the shared page: a child stores its clock reading here
};

// Performs `count` operations, stores the length of each, and returns how many went well, or -errno
// if the kernel refuses the first.
using Loop = int64_t (*)(const Inputs& inputs, volatile int64_t* samples, uint32_t count);

// The address of a loop of few instructions decides which state the CPU is in while it runs
// (docs/measurement.md). So a loop without a C library exists at this many addresses, and each
// takes its share of a slice's samples.
inline constexpr uint32_t kPlaces = 4;

struct Loops {
  Loop at[kPlaces];  // the first, and more until one is nullptr
};

struct Limit {
  const char* name;              // "limit/fork"
  const char* limit_of;          // the benchmark that it bounds: "fork/to:reaped"
  const char* family = nullptr;  // nullptr: the part of limit_of before the first '/'
  const char* measures;          // as in Benchmark
  Edge from = Edge::kCall;
  Loops loops;
};

// Ends with an entry without a name. Each limit program defines it once.
extern const Limit kLimits[];

// A loop without a C library begins at such a boundary, as a subject's loop does (internal::Loop in
// benchmark.h). So of two loops of the same bytes, neither crosses a page that the other does not
// cross. Loops of programs with a C library do not, because it was seen to cost the child of a fork
// one more fault on text.
inline constexpr int kLoopBoundary = 1024;

// The same loop at each place: `loop_at` is a lambda that returns the loop of one place.
template <typename LoopAt>
consteval Loops AtEveryPlace(LoopAt loop_at) {
  static_assert(kPlaces == 4);
  return {{loop_at.template operator()<0>(), loop_at.template operator()<1>(),
           loop_at.template operator()<2>(), loop_at.template operator()<3>()}};
}

// What a limit does, for its sentence.
template <Literal kWhat>
inline constexpr const char* kByPlainestLoop =
    Join<kWhat, " by the plainest loop: clock, operation, clock, store">;

[[gnu::always_inline]] inline int64_t Now(const Inputs& inputs) {
  return inputs.clock != subject::Clock::kNanoseconds ? subject::ReadTicks(inputs.clock)
                                                      : subject::ReadNanoseconds(inputs.gettime);
}

}  // namespace procmark::limit

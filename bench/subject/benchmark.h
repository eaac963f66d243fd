// Benchmark: one measured operation, described as data beside the code that performs it. The
// subject's own list is the only one there is: procmark-bench asks the subject for it.
#pragma once

#include <stdint.h>

#include "bench/subject/slice.h"

namespace procmark::subject {

struct Context;

// A point in an operation's life. Every sample spans two of them.
enum class Edge : uint32_t {
  kCall,          // the caller is about to enter the kernel
  kParentReturn,  // the call has returned to its caller
  kChildStart,    // the first thing that the child does
  kChildExit,     // the last thing that the child does
  kReaped,        // the caller has collected the child's end
};

// Minor faults per operation, of subject and children together, over the whole recorded part.
struct FaultRange {
  int64_t least;
  int64_t most;
};

struct alignas(16) Benchmark {
  const char* name;      // "fork/to:reaped"
  const char* sentence;  // what it measures, then what is not timed
  const char* family;    // "fork"
  Edge from;
  Edge to;
  const char* form;      // "raw" or "libc"
  const char* tags;      // comma-separated: core, canary, broken, limit
  const char* limit_of;  // the benchmark that this hand-written loop bounds, or ""
  int64_t operations;    // inside one sample
  int64_t children;      // created and reaped per sample; checked
  FaultRange faults;     // per operation; checked
  // Before the first warm-up: takes what the operation needs, or skips. May be nullptr.
  void (*prepare)(Context& context);
  // Performs and checks `count` samples; stores the length of each in the context's clock.
  void (*measure)(Context& context, volatile int64_t* samples, int64_t count);
  // The key of its name whose number is the user's ("own" of exit/own:10M/…): context.amount.
  const char* parameter = "";
  Uncounted uncounted = Uncounted::kNothing;
};

// The loop around one family's sample, which takes Context& and returns a length. It is flattened
// into one function, so that no call and no return stands between one operation and the next: a
// hand loop has none, and adding one to it was seen to lengthen a vfork natively. It begins at a
// boundary of 1 KiB, which most fit into: one across a boundary of 64 KiB costs the child of a fork
// a fault more (subject/tail.cc).
template <auto kSample>
[[gnu::flatten, gnu::aligned(1024)]] void Repeat(Context& context, volatile int64_t* samples,
                                                 int64_t count) {
  for (int64_t i = 0; i < count; ++i) samples[i] = kSample(context);
}

// Marks an array of Benchmark as part of the program's list. alignas(16) above keeps the arrays of
// several files dense in the section, whatever alignment a compiler gives to large arrays.
#define PROCMARK_BENCHMARKS \
  [[gnu::section("procmark_list"), gnu::used, gnu::retain]] static const Benchmark

inline const char* EdgeName(Edge edge) {
  switch (edge) {
    case Edge::kCall:
      return "call";
    case Edge::kParentReturn:
      return "parent_return";
    case Edge::kChildStart:
      return "child_start";
    case Edge::kChildExit:
      return "child_exit";
    case Edge::kReaped:
      return "reaped";
  }
  return "";
}

}  // namespace procmark::subject

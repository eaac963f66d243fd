// SPDX-License-Identifier: MIT
// Benchmark: one measured operation, described as data beside the code that performs it.
//
// 1. The least that a benchmark needs is a name, a sentence, two edges and a sample:
//
// ```cpp
// int64_t GetPid(Context& context) {
//   const int64_t start = context.Now();
//   sys::RawSyscall(__NR_getpid);
//   return context.Length(start);
// }
//
// PROCMARK_BENCHMARKS kGetPid = List({.name = "example/getpid",
//                                     .measures = "getpid(2)",
//                                     .from = Edge::kCall,
//                                     .to = Edge::kParentReturn,
//                                     .run = Repeat<GetPid>});
// ```
//
// 2. What must be ready before the first sample goes into a state of the benchmark's own type:
//
// ```cpp
// struct Pipe {
//   int ends[2];
// };
//
// void OpenPipe(Context& context, Pipe& pipe) {
//   const long failed = sys::RawSyscall(__NR_pipe2, sys::RawArg(pipe.ends), 0);
//   if (failed != 0) context.Skip("no pipe can be opened", -failed);
// }
//
// int64_t WriteAndRead(Context& context, Pipe& pipe) {
//   char byte = 0;
//   const int64_t start = context.Now();
//   const long written = sys::RawSyscall(__NR_write, pipe.ends[1], sys::RawArg(&byte), 1);
//   const long read = sys::RawSyscall(__NR_read, pipe.ends[0], sys::RawArg(&byte), 1);
//   const int64_t length = context.Length(start);
//   if (written + read != 2) context.Refuse("the byte did not come back: moved", written + read);
//   return length;
// }
//
// PROCMARK_BENCHMARKS kPipe = List({.name = "example/pipe",
//                                   .measures = "a byte's way through a pipe",
//                                   .not_timed = "opening the pipe",
//                                   .from = Edge::kCall,
//                                   .to = Edge::kParentReturn,
//                                   .run = Repeat<WriteAndRead, OpenPipe>});
// ```
//
// 3. A way to create a child gets all four spans from Creation() (create.h):
//
// ```cpp
// struct CloneFiles {
//   long operator()() const { return sys::RawClone(CLONE_FILES | SIGCHLD); }
// };
//
// PROCMARK_BENCHMARKS kCloneFiles =
//     List(Creation<"example/clone_files", "clone(2) with CLONE_FILES", CloneFiles>(
//         {.faults = {1, 12}}));
// ```
//
// docs/adding-a-benchmark.md leads through a whole file.
#pragma once

#include <stdint.h>

#include <new>

#include "bench/subject/context.h"
#include "bench/subject/literal.h"

namespace procmark::subject {

// A point in an operation's life. Every sample spans two of them.
enum class Edge : uint32_t {
  kCall,          // the caller is about to enter the kernel
  kParentReturn,  // the call has returned to its caller
  kChildStart,    // the first thing that the child does
  kChildExit,     // the last thing that the child does
  kReaped,        // the caller has collected the child's end
};
inline constexpr const char* kEdgeNames[] = {"call", "parent_return", "child_start", "child_exit",
                                             "reaped"};

constexpr const char* EdgeName(Edge edge) { return kEdgeNames[static_cast<uint32_t>(edge)]; }

// Tags select benchmarks. Each benchmark is also tagged with its family.
enum class Tag : uint32_t {
  kNone = 0,
  kCore = 1,    // the default set
  kStorm = 2,   // many tasks at once
  kBirth = 4,   // a child that starts on a given CPU
  kNuma = 8,    // placement on memory nodes
  kCgroup = 16  // needs a cgroup of its own: Config::cgroup
};
struct TagName {
  Tag tag;
  const char* name;
};
inline constexpr TagName kTagNames[] = {{Tag::kCore, "core"},
                                        {Tag::kStorm, "storm"},
                                        {Tag::kBirth, "birth"},
                                        {Tag::kNuma, "numa"},
                                        {Tag::kCgroup, "cgroup"}};

// The functions that perform a benchmark. Repeat<> makes them.
struct Run {
  void (*prepare)(Context& context);  // before the first warm-up; nullptr: nothing to prepare
  // Takes `count` samples and stores the length of each, in the context's clock.
  void (*measure)(Context& context, volatile int64_t* samples, int64_t count);
};

struct alignas(16) Benchmark {
  const char* name;              // "fork/to:reaped"; unique
  const char* family = nullptr;  // nullptr: the part of the name before the first '/'
  // Two parts of the sentence "Measures fork(2) …. Not timed: the check of its status."
  const char* measures;
  const char* not_timed = nullptr;  // nullptr: the sentence has no such part
  Edge from;
  Edge to;
  Tag tags = Tag::kNone;            // besides the family
  const char* parameter = nullptr;  // "own" of exit/own:10M: that number is context.amount
  int64_t operations = 1;           // in one sample
  int64_t children = 0;             // created and reaped in one sample; checked
  FaultRange faults = {0, 0};       // checked
  Uncounted uncounted = Uncounted::kNothing;
  Run run;
};

namespace internal {

template <typename Function>
struct StateOf {
  using Type = void;  // `Function` takes no state
};
template <typename Result, typename State>
struct StateOf<Result (*)(Context&, State&)> {
  using Type = std::remove_const_t<State>;
};

// The loop around one benchmark's sample. Flattened into one function: hand-written loops (limits)
// have no call and no return between two operations either, and these were seen to lengthen a
// vfork. It begins at a boundary of 1 KiB, which most loops fit into: a loop across a boundary of
// 64 KiB costs the child of a fork one more fault (tail.cc).
template <auto kSample>
[[gnu::flatten, gnu::aligned(1024)]] void Loop(Context& context, volatile int64_t* samples,
                                               int64_t count) {
  using State = typename StateOf<decltype(kSample)>::Type;
  for (int64_t i = 0; i < count; ++i) {
    if constexpr (std::is_void_v<State>) {
      samples[i] = kSample(context);
    } else {
      samples[i] = kSample(context, context.State<State>());
    }
  }
}

template <auto kPrepare>
void PrepareState(Context& context) {
  using State = typename StateOf<decltype(kPrepare)>::Type;
  kPrepare(context, *new (&context.State<State>()) State{});
}

template <auto kPrepare>
constexpr auto PrepareFunction() -> void (*)(Context&) {
  if constexpr (std::is_void_v<typename StateOf<decltype(kPrepare)>::Type>) {
    return kPrepare;
  } else {
    return PrepareState<kPrepare>;
  }
}

template <auto kSample, auto kPrepare>
constexpr Run MakeRun() {
  static_assert(std::is_same_v<typename StateOf<decltype(kSample)>::Type,
                               typename StateOf<decltype(kPrepare)>::Type>,
                "the sample and `prepare` must take the same state");
  return {PrepareFunction<kPrepare>(), Loop<kSample>};
}

}  // namespace internal

// The Run of a sample and of what prepares it:
//   int64_t kSample(Context&)            void kPrepare(Context&), or none
//   int64_t kSample(Context&, State&)    void kPrepare(Context&, State&)
// kPrepare fills in the state, which is value-initialised, or calls context.Skip. kSample performs
// and checks the operations of one sample and returns their length.
template <auto kSample, auto kPrepare = nullptr>
inline constexpr Run Repeat = internal::MakeRun<kSample, kPrepare>();

template <unsigned long kCount>
struct Benchmarks {
  Benchmark each[kCount];
};

namespace internal {

// Calls of these do not compile in List(); their names tell what is wrong.
void ABenchmarkNeedsANameASentenceAndARun();
void TheNameDisagreesWithTheEdges();
void TheSentenceEndsByItself();
void TheRangesAreEmpty();

consteval bool IsEdge(const char* text, const char* name) {
  for (; *name != '\0'; ++text, ++name) {
    if (*text != *name) return false;
  }
  return *text == '\0' || *text == '/';
}

// Every "/to:X" of a name must be the benchmark's own `to`, and so must "/from:X".
consteval void CheckEdges(const Benchmark& benchmark) {
  const char* const keys[] = {"/from:", "/to:"};
  for (const char* at = benchmark.name; *at != '\0'; ++at) {
    for (const char* key : keys) {
      const char* value = at;
      const char* next = key;
      while (*next != '\0' && *value == *next) {
        ++value;
        ++next;
      }
      if (*next != '\0') continue;
      const Edge edge = key[1] == 'f' ? benchmark.from : benchmark.to;
      if (!IsEdge(value, EdgeName(edge))) TheNameDisagreesWithTheEdges();
    }
  }
}

consteval void CheckText(const char* text) {
  if (text == nullptr) return;
  char last = '\0';
  for (; *text != '\0'; ++text) last = *text;
  if (last == '\0' || last == '.' || last == ' ') TheSentenceEndsByItself();
}

consteval void Check(const Benchmark& benchmark) {
  if (benchmark.name == nullptr || benchmark.measures == nullptr ||
      benchmark.run.measure == nullptr)
    ABenchmarkNeedsANameASentenceAndARun();
  if (benchmark.from >= benchmark.to) TheNameDisagreesWithTheEdges();
  CheckEdges(benchmark);
  CheckText(benchmark.measures);
  CheckText(benchmark.not_timed);
  if (benchmark.operations < 1 || benchmark.children < 0 ||
      benchmark.faults.least > benchmark.faults.most)
    TheRangesAreEmpty();
}

constexpr Benchmark* Append(Benchmark* to, const Benchmark& one) {
  *to = one;
  return to + 1;
}
template <unsigned long kCount>
constexpr Benchmark* Append(Benchmark* to, const Benchmarks<kCount>& several) {
  for (const Benchmark& each : several.each) *to++ = each;
  return to;
}

}  // namespace internal

// The benchmarks of one file, from single ones and groups of them. Mistakes in their fields do not
// compile.
template <typename... Parts>
consteval auto List(const Parts&... parts) {
  static_assert(sizeof(Benchmark) % alignof(Benchmark) == 0);
  Benchmarks<(sizeof(Parts) + ...) / sizeof(Benchmark)> list{};
  Benchmark* to = list.each;
  ((to = internal::Append(to, parts)), ...);
  for (const Benchmark& each : list.each) internal::Check(each);
  return list;
}
consteval Benchmarks<1> List(const Benchmark& benchmark) {
  internal::Check(benchmark);
  return {benchmark};
}

// Begins the definition of a file's benchmarks. The linker makes the program's list of all of them
// (subject.cc); procmark-bench asks the program for it, so there is no second list.
#define PROCMARK_BENCHMARKS \
  [[gnu::section("procmark_list"), gnu::used, gnu::retain]] static constexpr auto

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
// execve(2): from the call in the old program until the new program's first clock read, and the
// whole life of a child that executes a program.
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/exec_program.h"
#include "bench/subject/memory.h"
#include "bench/subject/parked.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

// What a child executes.
enum class Executed { kRaw, kLibc, kPie, kDynamic, kScript };
enum class After { kFork, kVfork };

constexpr unsigned long kStringBytes = 1024;
constexpr unsigned long kMostStrings = 1024;

// The arguments of an execve(2). They lie in the context, on the stack that every fork copies
// anyway: a mapping would cost each fork a page table, and a string constant would cost the child a
// fault and the mapping of the neighbouring pages.
struct ExecCall {
  ProgramPath path;
  int stamps[2];  // a pipe: the new program writes its first clock read to it
  char name[16];
  char stamp_argument[16];
  const char* few[3];  // arguments and environment if no strings are added
  const char* const* arguments;
  const char* const* environment;
};

// Many strings, in a mapping of their own.
struct Strings {
  char string[kStringBytes];
  const char* arguments[kMostStrings + 3];
  const char* environment[kMostStrings + 1];
};

// Makes an executable file of one line. Its interpreter is the program without a C library, its
// argument asks for the stamp.
void MakeScript(Context& context, ExecCall& call) {
  char line[64];
  Text text(line, sizeof line);
  text.Add("#!").Add(call.path.text).Add(" ").Add(call.stamp_argument).Add("\n");
  constexpr long kExecutable = 0x10;  // MFD_EXEC, Linux 6.3; older kernels imply it
  long fd = RawSyscall(__NR_memfd_create, RawArg("procmark-script"), kExecutable);
  if (fd < 0) fd = RawSyscall(__NR_memfd_create, RawArg("procmark-script"), 0);
  if (fd < 0) context.Skip("a script cannot be made: memfd_create failed", -fd);
  const long size = static_cast<long>(text.Size());
  if (RawSyscall(__NR_write, fd, RawArg(line), size) != size)
    context.Refuse("the script could not be written: bytes", size);
  // A file that is open for writing cannot be executed (ETXTBSY). This path opens the memfd again.
  Text(call.path.text, sizeof call.path.text).Add("/proc/self/fd/").Add(fd);
}

// Skips unless the dynamic program runs: it needs its interpreter and its library.
void NeedLoader(Context& context, const ExecCall& call) {
  constexpr long kAtCwd = -100;  // AT_FDCWD
  constexpr const char* kNone =
      "this system lacks the interpreter of dynamic programs (a guest has it by +userland=on)";
  if (RawSyscall(__NR_faccessat, kAtCwd, RawArg(PROCMARK_LOADER), 0) != 0) context.Skip(kNone);
  const char* const arguments[] = {kExitName, nullptr};
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_execve, RawArg(call.path.text), RawArg(arguments), RawArg(arguments + 1));
    RawSyscall(__NR_exit_group, kExecFailed);
  }
  if (pid > 0) RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  if (context.status != kChildStatus << 8)
    context.SkipAt("the dynamic program does not run on this system: raw wait status",
                   context.status);
}

// What the benchmark's own number means.
enum class Amount { kNothing, kArgumentBytes, kEnvironmentBytes, kThreads };

// How many strings of 1 KiB make up the amount. The kernel copies each of them, although they are
// one string in memory.
template <Amount kAmount>
unsigned long StringsOf(const Context& context, Amount what) {
  if (kAmount != what) return 0;
  const unsigned long strings = static_cast<unsigned long>(context.amount) / kStringBytes;
  if (strings * kStringBytes != context.amount || strings > kMostStrings)
    context.SkipAt("the size must be a multiple of 1 KiB, and at most this many KiB:",
                   kMostStrings);
  return strings;
}

void AddStrings(Context& context, ExecCall& call, unsigned long arguments,
                unsigned long environment) {
  Strings& strings = *reinterpret_cast<Strings*>(MapSmall(context, sizeof(Strings)));
  for (unsigned long i = 0; i + 1 < kStringBytes; ++i) strings.string[i] = 'x';
  strings.arguments[0] = call.few[0];
  strings.arguments[1] = call.few[1];
  for (unsigned long i = 0; i < arguments; ++i) strings.arguments[2 + i] = strings.string;
  for (unsigned long i = 0; i < environment; ++i) strings.environment[i] = strings.string;
  call.arguments = strings.arguments;
  call.environment = strings.environment;
}

constexpr ExitProgram ProgramOf(Executed executed) {
  return executed == Executed::kLibc      ? ExitProgram::kLibc
         : executed == Executed::kPie     ? ExitProgram::kPie
         : executed == Executed::kDynamic ? ExitProgram::kDynamic
                                          : ExitProgram::kRaw;
}

template <Executed kExecuted, Amount kAmount = Amount::kNothing>
void NeedCall(Context& context, ExecCall& call) {
  constexpr ExitProgram kProgram = ProgramOf(kExecuted);
  if (kProgram == ExitProgram::kPie && context.pages->config.Descriptor(kProgram) < 0)
    context.Skip(
        "this architecture's C library cannot start a static, position-independent program");
  NeedProgram(context, call.path, kProgram);
  if constexpr (kExecuted == Executed::kDynamic) NeedLoader(context, call);
  if (RawSyscall(__NR_pipe2, RawArg(call.stamps), 0) != 0)
    context.Refuse("no pipe could be opened", 0);
  Text(call.stamp_argument, sizeof call.stamp_argument)
      .Add(ClockLetter(context.clock))
      .Add(call.stamps[1]);
  if constexpr (kExecuted == Executed::kScript) MakeScript(context, call);
  Text(call.name, sizeof call.name).Add(kExitName);
  call.few[0] = call.name;
  call.few[1] = call.stamp_argument;
  call.few[2] = nullptr;
  call.arguments = call.few;
  call.environment = call.few + 2;
  const unsigned long arguments = StringsOf<kAmount>(context, Amount::kArgumentBytes);
  const unsigned long environment = StringsOf<kAmount>(context, Amount::kEnvironmentBytes);
  if (arguments + environment != 0) AddStrings(context, call, arguments, environment);
  // The kernel touches what it copies to the new stack. Each thread touches its own stack.
  constexpr int64_t kFewest = 2;
  constexpr int64_t kMost = 32;
  int64_t touched = kAmount == Amount::kThreads ? static_cast<int64_t>(context.amount) : 0;
  for (unsigned long at_byte = 0; at_byte < (arguments + environment) * kStringBytes;
       at_byte += context.page_bytes)
    ++touched;
  if constexpr (kAmount != Amount::kNothing)
    context.expected.faults = {kFewest + touched, kMost + 2 * touched};
}

// In the child. Inline: it writes to no stack page, neither to its own nor, after a vfork, to its
// suspended parent's.
template <bool kByDescriptor>
[[noreturn, gnu::always_inline]] inline void Execute(const Context& context, const ExecCall& call) {
  if constexpr (kByDescriptor) {
    constexpr long kEmptyPath = 0x1000;  // AT_EMPTY_PATH
    RawSyscall(__NR_execveat, context.pages->config.Descriptor(ExitProgram::kRaw), RawArg(""),
               RawArg(call.arguments), RawArg(call.environment), kEmptyPath);
  } else {
    RawSyscall(__NR_execve, RawArg(call.path.text), RawArg(call.arguments),
               RawArg(call.environment));
  }
  RawSyscall(__NR_exit_group, kExecFailed);
  __builtin_unreachable();
}

// The same with the clock read first. Not inlined, so that after a vfork the child writes only
// below its parent's frame.
template <bool kByDescriptor>
[[noreturn, gnu::noinline]] void StampAndExec(Context& context, const ExecCall& call) {
  context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
  context.pages->stamp = context.Now();
  Execute<kByDescriptor>(context, call);
}

int64_t ReadStamp(Context& context, const ExecCall& call) {
  int64_t stamp = 0;
  const long got = RawSyscall(__NR_read, call.stamps[0], RawArg(&stamp), sizeof stamp);
  if (got != static_cast<long>(sizeof stamp))
    context.Refuse("the new program wrote no time: read gave", got);
  return stamp;
}

template <After kAfter, Edge kTo, bool kByDescriptor = false, bool kThreads = false>
int64_t Exec(Context& context, ExecCall& call) {
  context.status = -1;
  int64_t start = 0;
  if constexpr (kTo == Edge::kReaped) start = context.Now();
  const long pid =
      kAfter == After::kFork ? sys::RawFork() : sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  if (pid == 0) {
    if constexpr (kThreads) {
      if (ParkThreads(static_cast<uint32_t>(context.amount)) != static_cast<long>(context.amount))
        RawSyscall(__NR_exit_group, kExecFailed);
    }
    if constexpr (kTo == Edge::kReaped) {
      Execute<kByDescriptor>(context, call);
    } else {
      StampAndExec<kByDescriptor>(context, call);
    }
  }
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  int64_t length = 0;
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  context.CheckChild(pid, reaped);
  const int64_t stamp = ReadStamp(context, call);
  if constexpr (kTo == Edge::kChildStart) length = context.Lengthen(stamp - context.pages->stamp);
  return length;
}

// posix_spawn by raw system calls, from the clone(2) until the new program's first clock read.
int64_t SpawnToStart(Context& context, const ExecCall& call) {
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  if (pid == 0) Execute<false>(context, call);
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  context.CheckChild(pid, reaped);
  return context.Lengthen(ReadStamp(context, call) - start);
}

// Linux 5.10 was seen to answer execveat(2) of a memfd with ENOENT.
void NeedExecveat(Context& context, ExecCall& call) {
  NeedCall<Executed::kRaw>(context, call);
  const long pid = sys::RawFork();
  if (pid == 0) StampAndExec<true>(context, call);
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  if (context.status == kExecFailed << 8)
    context.Skip("execveat(2) of a descriptor does not work here");
  context.CheckChild(pid, reaped);
  ReadStamp(context, call);
}

int64_t ExecMissing(Context& context, const ExecCall& call) {
  constexpr long kNoEntry = 2;  // ENOENT
  const int64_t start = context.Now();
  const long answer = RawSyscall(__NR_execve, RawArg("/proc/self/fd/nonesuch"),
                                 RawArg(call.arguments), RawArg(call.environment));
  const int64_t length = context.Length(start);
  if (answer != -kNoEntry) context.Refuse("execve of a missing file answered", answer);
  return length;
}

// ---- the benchmarks

constexpr Edge kStart = Edge::kChildStart;

// By what is executed.
constexpr FaultRange kRawFaults = {2, 24};
constexpr FaultRange kLibcFaults = {8, 96};
constexpr FaultRange kDynamicFaults = {16, 256};

struct Fields {
  Tag tags = Tag::kNone;
  const char* parameter = nullptr;
  FaultRange faults = kRawFaults;
};

// From execve(2) in the child until the new program's first clock read.
template <Literal kName, Literal kWhat>
consteval Benchmark ToStart(Run run, Fields fields = {}) {
  return {
      .name = Join<"exec/", kName, "/to:child_start">,
      .measures =
          Join<"execve(2) of ", kWhat, " from the call until the new program's first clock read">,
      .not_timed = "the creation of the process, the program's exit",
      .from = Edge::kCall,
      .to = kStart,
      .tags = fields.tags,
      .parameter = fields.parameter,
      .children = 1,
      .faults = fields.faults,
      .run = run};
}

// From the creation of the child until it is reaped.
template <Literal kName, Literal kWhat>
consteval Benchmark Whole(Run run, Fields fields = {}) {
  return {.name = Join<"exec/", kName, "/to:reaped">,
          .measures = Join<kWhat,
                           ", from the call until the program, which writes the time to a pipe and "
                           "exits at once, is reaped">,
          .not_timed = "the check of its status",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .tags = fields.tags,
          .children = 1,
          .faults = fields.faults,
          .run = run};
}

template <After kAfter, Executed kExecuted>
constexpr Run kExecToStart = Repeat<Exec<kAfter, kStart>, NeedCall<kExecuted>>;
template <After kAfter, Executed kExecuted>
constexpr Run kExecToReaped = Repeat<Exec<kAfter, Edge::kReaped>, NeedCall<kExecuted>>;

// Many arguments, or a large environment.
template <Literal kKey, Literal kSize, Literal kWhat, Amount kAmount>
consteval Benchmark WithStrings() {
  return ToStart<kJoined<kKey, ":", kSize>,
                 kJoined<"a static program with ", kSize, "iB of ", kWhat, ", 1 KiB each,">>(
      Repeat<Exec<After::kVfork, kStart>, NeedCall<Executed::kRaw, kAmount>>,
      {.parameter = Join<kKey>});
}

template <Literal kCount>
consteval Benchmark WithThreads() {
  return ToStart<kJoined<"caller_threads:", kCount>,
                 kJoined<"a static program by a forked child with ", kCount,
                         " sleeping threads, which it ends,">>(
      Repeat<Exec<After::kFork, kStart, false, true>, NeedCall<Executed::kRaw, Amount::kThreads>>,
      {.parameter = "caller_threads"});
}

PROCMARK_BENCHMARKS kExec = List(
    ToStart<"program:static/after:fork", "a static program without a C library by a forked child">(
        kExecToStart<After::kFork, Executed::kRaw>, {.tags = Tag::kCore}),
    ToStart<"program:static/after:vfork",
            "a static program without a C library by a child of CLONE_VM|CLONE_VFORK">(
        kExecToStart<After::kVfork, Executed::kRaw>),
    ToStart<"program:libc/after:fork",
            "a program with a static C library by a forked child, with the C library's start">(
        kExecToStart<After::kFork, Executed::kLibc>, {.faults = kLibcFaults}),
    ToStart<"program:libc/after:vfork",
            "a program with a static C library by a child of CLONE_VM|CLONE_VFORK, with the C "
            "library's start">(kExecToStart<After::kVfork, Executed::kLibc>,
                               {.tags = Tag::kCore, .faults = kLibcFaults}),
    ToStart<"program:static_pie/after:vfork",
            "a static, position-independent program with a C library by a child of "
            "CLONE_VM|CLONE_VFORK, with its relocation and the C library's start">(
        kExecToStart<After::kVfork, Executed::kPie>, {.faults = kLibcFaults}),
    ToStart<"program:dynamic/after:fork",
            "a dynamic program with a C library by a forked child, with its loader and the C "
            "library's start">(kExecToStart<After::kFork, Executed::kDynamic>,
                               {.faults = kDynamicFaults}),
    ToStart<
        "program:dynamic/after:vfork",
        "a dynamic program with a C library by a child of CLONE_VM|CLONE_VFORK, with its loader "
        "and the C library's start">(kExecToStart<After::kVfork, Executed::kDynamic>,
                                     {.faults = kDynamicFaults}),
    ToStart<"program:script/after:fork",
            "a script (#!) whose interpreter is a program without a C library, by a forked child">(
        kExecToStart<After::kFork, Executed::kScript>),
    ToStart<"program:script/after:vfork",
            "a script (#!) whose interpreter is a program without a C library, by a child of "
            "CLONE_VM|CLONE_VFORK">(kExecToStart<After::kVfork, Executed::kScript>),
    Benchmark{.name = "exec/how:execveat/to:child_start",
              .measures = "execveat(2) of a descriptor (AT_EMPTY_PATH) by a child of "
                          "CLONE_VM|CLONE_VFORK from the call until the new program's first clock "
                          "read",
              .not_timed = "the creation of the process",
              .from = Edge::kCall,
              .to = kStart,
              .children = 1,
              .faults = kRawFaults,
              .run = Repeat<Exec<After::kVfork, kStart, true>, NeedExecveat>},
    WithStrings<"argv", "1K", "arguments", Amount::kArgumentBytes>(),
    WithStrings<"argv", "64K", "arguments", Amount::kArgumentBytes>(),
    WithStrings<"argv", "512K", "arguments", Amount::kArgumentBytes>(),
    WithStrings<"envp", "64K", "environment", Amount::kEnvironmentBytes>(), WithThreads<"1">(),
    WithThreads<"8">(), WithThreads<"64">(),
    Whole<"program:static/after:fork",
          "fork(2) and execve(2) of a static program without a C library">(
        kExecToReaped<After::kFork, Executed::kRaw>),
    Whole<"program:static/after:vfork",
          "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a C library">(
        kExecToReaped<After::kVfork, Executed::kRaw>),
    Whole<"program:libc/after:fork", "fork(2) and execve(2) of a program with a static C library">(
        kExecToReaped<After::kFork, Executed::kLibc>, {.faults = kLibcFaults}),
    Whole<"program:libc/after:vfork",
          "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a program with a static C library">(
        kExecToReaped<After::kVfork, Executed::kLibc>, {.faults = kLibcFaults}),
    Whole<"program:script/after:fork", "fork(2) and execve(2) of a script (#!)">(
        kExecToReaped<After::kFork, Executed::kScript>),
    Whole<"program:script/after:vfork",
          "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a script (#!)">(
        kExecToReaped<After::kVfork, Executed::kScript>),
    Benchmark{.name = "posix_spawn/to:child_start",
              .measures = "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a "
                          "C library, from the call until the program's first clock read",
              .not_timed = "its exit and its reaping",
              .from = Edge::kCall,
              .to = kStart,
              .children = 1,
              .faults = kRawFaults,
              .run = Repeat<SpawnToStart, NeedCall<Executed::kRaw>>},
    // Kernels before Linux 6.8 write to the new stack's page before they look for the file.
    Benchmark{.name = "exec/program:missing/to:parent_return",
              .measures = "execve(2) of a path that does not exist, which fails",
              .from = Edge::kCall,
              .to = Edge::kParentReturn,
              .faults = {0, 2},
              .run = Repeat<ExecMissing, NeedCall<Executed::kRaw>>});

}  // namespace
}  // namespace procmark::subject

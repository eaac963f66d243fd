// execve(2): from the call in the old program to the first clock read of the new one, and the whole
// life of a child that executes.
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"
#include "bench/subject/exec_program.h"
#include "bench/subject/parked.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

enum class Program { kStatic, kLibc, kPie, kDynamic, kScript };
enum class After { kFork, kVfork };

constexpr unsigned long kStringBytes = 1024;
constexpr unsigned long kMostStrings = 1024;

// What an exec needs; the child only reads it. It lies in the context, on the stack that every fork
// copies anyway: a mapping of its own would cost each fork a page table, and a string constant the
// child a fault on its neighbouring pages.
struct Plan {
  int stamps[2];  // a pipe: the new program writes its first clock read to it
  char name[16];
  char stamp_argument[16];
  const char* few[3];  // the arguments and the environment when nothing is added to them
  const char* const* arguments;
  const char* const* environment;
};

Plan& PlanOf(Context& context) { return context.Keep<Plan>(); }

// Many strings, in a mapping of their own.
struct Strings {
  char string[kStringBytes];
  const char* arguments[kMostStrings + 3];
  const char* environment[kMostStrings + 1];
};

// An executable file of one line: the interpreter is the program without a C library, its argument
// asks for the stamp.
void MakeScript(Context& context, const Plan& plan) {
  char line[64];
  Text text(line, sizeof line);
  text.Add("#!").Add(context.path).Add(" ").Add(plan.stamp_argument).Add("\n");
  constexpr long kExecutable = 0x10;  // MFD_EXEC, Linux 6.3: says what older kernels imply
  long fd = RawSyscall(__NR_memfd_create, RawArg("procmark-script"), kExecutable);
  if (fd < 0) fd = RawSyscall(__NR_memfd_create, RawArg("procmark-script"), 0);
  if (fd < 0) context.Skip("a script cannot be made: memfd_create failed", -fd);
  const long size = static_cast<long>(text.Size());
  if (RawSyscall(__NR_write, fd, RawArg(line), size) != size)
    context.Refuse("the script could not be written: bytes", size);
  // Executing a file that is open for writing is ETXTBSY, but for a memfd reached by a path that
  // opens it anew.
  Text(context.path, sizeof context.path).Add("/proc/self/fd/").Add(fd);
}

// The dynamic program runs only where its interpreter and its library are, which one try tells.
void NeedLoader(Context& context) {
  constexpr long kAtCwd = -100;  // AT_FDCWD
  constexpr const char* kNone =
      "this system lacks the interpreter of dynamic programs (a guest has it by +userland=on)";
  if (RawSyscall(__NR_faccessat, kAtCwd, RawArg(PROCMARK_LOADER), 0) != 0) context.Skip(kNone);
  const char* const arguments[] = {kExitName, nullptr};
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) {
    RawSyscall(__NR_execve, RawArg(context.path), RawArg(arguments), RawArg(arguments + 1));
    RawSyscall(__NR_exit_group, kExecFailed);
  }
  if (pid > 0) RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  if (context.status != kChildStatus << 8)
    context.SkipAt("the dynamic program does not run on this system: raw wait status",
                   context.status);
}

// What the benchmark's own number is the size of, or how many.
enum class Amount { kNothing, kArguments, kEnvironment, kThreads };

// Strings of 1 KiB that make up the amount; a string is never shared, so the kernel copies each.
template <Amount kAmount>
unsigned long StringsOf(const Context& context, Amount what) {
  if (kAmount != what) return 0;
  const unsigned long strings = static_cast<unsigned long>(context.amount) / kStringBytes;
  if (strings * kStringBytes != context.amount || strings > kMostStrings)
    context.SkipAt("the size must be a multiple of 1 KiB and at most so many KiB:", kMostStrings);
  return strings;
}

void AddStrings(Context& context, Plan& plan, unsigned long arguments, unsigned long environment) {
  Strings& strings = *reinterpret_cast<Strings*>(MapSmall(context, sizeof(Strings)));
  for (unsigned long i = 0; i + 1 < kStringBytes; ++i) strings.string[i] = 'x';
  strings.arguments[0] = plan.few[0];
  strings.arguments[1] = plan.few[1];
  for (unsigned long i = 0; i < arguments; ++i) strings.arguments[2 + i] = strings.string;
  for (unsigned long i = 0; i < environment; ++i) strings.environment[i] = strings.string;
  plan.arguments = strings.arguments;
  plan.environment = strings.environment;
}

template <Program kProgram, Amount kAmount = Amount::kNothing>
void NeedPlan(Context& context) {
  Plan& plan = PlanOf(context);
  const Config& config = context.pages->config;
  if (kProgram == Program::kPie && config.pie_program < 0)
    context.Skip(
        "this architecture's C library cannot start a static, position-independent program");
  NeedProgram(context, kProgram == Program::kLibc      ? config.libc_program
                       : kProgram == Program::kPie     ? config.pie_program
                       : kProgram == Program::kDynamic ? config.dynamic_program
                                                       : config.exit_program);
  if constexpr (kProgram == Program::kDynamic) NeedLoader(context);
  if (RawSyscall(__NR_pipe2, RawArg(plan.stamps), 0) != 0)
    context.Refuse("no pipe could be had", 0);
  Text(plan.stamp_argument, sizeof plan.stamp_argument)
      .Add(context.clock == Clock::kNanoseconds ? "n"
           : context.clock == Clock::kTicks     ? "t"
                                                : "c")
      .Add(plan.stamps[1]);
  if constexpr (kProgram == Program::kScript) MakeScript(context, plan);
  Text(plan.name, sizeof plan.name).Add(kExitName);
  plan.few[0] = plan.name;
  plan.few[1] = plan.stamp_argument;
  plan.few[2] = nullptr;
  plan.arguments = plan.few;
  plan.environment = plan.few + 2;
  const unsigned long arguments = StringsOf<kAmount>(context, Amount::kArguments);
  const unsigned long environment = StringsOf<kAmount>(context, Amount::kEnvironment);
  if (arguments + environment != 0) AddStrings(context, plan, arguments, environment);
  // What is copied to the new stack is touched there; each thread touches its own.
  constexpr int64_t kFewest = 2;
  constexpr int64_t kMost = 32;
  int64_t touched = kAmount == Amount::kThreads ? static_cast<int64_t>(context.amount) : 0;
  for (unsigned long at_byte = 0; at_byte < (arguments + environment) * kStringBytes;
       at_byte += context.page_bytes)
    ++touched;
  if constexpr (kAmount != Amount::kNothing)
    context.expected.faults = {kFewest + touched, kMost + 2 * touched};
}

// In the child. Inline: it writes to no stack page, neither of its own nor, after a vfork, of its
// suspended parent.
template <bool kByDescriptor>
[[noreturn, gnu::always_inline]] inline void Execute(const Context& context, const Plan& plan) {
  if constexpr (kByDescriptor) {
    constexpr long kEmptyPath = 0x1000;  // AT_EMPTY_PATH
    RawSyscall(__NR_execveat, context.pages->config.exit_program, RawArg(""),
               RawArg(plan.arguments), RawArg(plan.environment), kEmptyPath);
  } else {
    RawSyscall(__NR_execve, RawArg(context.path), RawArg(plan.arguments), RawArg(plan.environment));
  }
  RawSyscall(__NR_exit_group, kExecFailed);
  __builtin_unreachable();
}

// The same where the child's clock is read: not inlined, so that after a vfork it writes below its
// parent's frame only.
template <bool kByDescriptor>
[[noreturn, gnu::noinline]] void StampAndExec(Context& context, const Plan& plan) {
  context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
  context.pages->stamp = context.Now();
  Execute<kByDescriptor>(context, plan);
}

int64_t ReadStamp(Context& context, const Plan& plan) {
  int64_t stamp = 0;
  const long got = RawSyscall(__NR_read, plan.stamps[0], RawArg(&stamp), sizeof stamp);
  if (got != static_cast<long>(sizeof stamp))
    context.Refuse("the new program left no time: read gave", got);
  return stamp;
}

template <After kAfter, Edge kTo, bool kByDescriptor = false, bool kThreads = false>
int64_t Exec(Context& context) {
  Plan& plan = PlanOf(context);
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
      Execute<kByDescriptor>(context, plan);
    } else {
      StampAndExec<kByDescriptor>(context, plan);
    }
  }
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  int64_t length = 0;
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  context.CheckChild(pid, reaped);
  const int64_t stamp = ReadStamp(context, plan);
  if constexpr (kTo == Edge::kChildStart) length = context.Lengthen(stamp - context.pages->stamp);
  return length;
}

// posix_spawn by hand, from the clone(2) until the new program's first clock read.
int64_t SpawnToStart(Context& context) {
  const Plan& plan = PlanOf(context);
  context.status = -1;
  const int64_t start = context.Now();
  const long pid = sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  if (pid == 0) Execute<false>(context, plan);
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  context.CheckChild(pid, reaped);
  return context.Lengthen(ReadStamp(context, plan) - start);
}

// Linux 5.10 was seen to answer execveat(2) of a memfd with ENOENT.
void NeedExecveat(Context& context) {
  NeedPlan<Program::kStatic>(context);
  const long pid = sys::RawFork();
  if (pid == 0) StampAndExec<true>(context, PlanOf(context));
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  if (context.status == kExecFailed << 8)
    context.Skip("execveat(2) of a descriptor does not work here");
  context.CheckChild(pid, reaped);
  ReadStamp(context, PlanOf(context));
}

int64_t ExecMissing(Context& context) {
  constexpr long kNoEntry = 2;  // ENOENT
  const Plan& plan = PlanOf(context);
  const int64_t start = context.Now();
  const long answer = RawSyscall(__NR_execve, RawArg("/proc/self/fd/nonesuch"),
                                 RawArg(plan.arguments), RawArg(plan.environment));
  const int64_t length = context.Length(start);
  if (answer != -kNoEntry) context.Refuse("execve of no file answered", answer);
  return length;
}

// By the program that is executed: one without a C library, a static one, a dynamic one.
constexpr FaultRange kBare = {2, 24};
constexpr FaultRange kStaticFaults = {8, 96};
constexpr FaultRange kDynamicFaults = {16, 256};

#define PROCMARK_EXEC_BY(name, what, tags, faults, prepare, parameter, ...)                      \
  {                                                                                              \
    "exec/" name "/to:child_start",                                                              \
        "Measures execve(2) of " what                                                            \
        " from the call until the new program's first clock read. Not timed: the making of the " \
        "process, the program's exit.",                                                          \
        "exec", Edge::kCall, Edge::kChildStart, "raw", tags, "", 1, 1, faults, prepare,          \
        Repeat<Exec<__VA_ARGS__>>, parameter                                                     \
  }
#define PROCMARK_EXEC_START(name, what, tags, faults, prepare, ...) \
  PROCMARK_EXEC_BY(name, what, tags, faults, prepare, "", __VA_ARGS__)
#define PROCMARK_STRINGS(name, number, what, amount)                                               \
  PROCMARK_EXEC_BY(name ":" number, "a static program with " number "iB of " what ", 1 KiB each,", \
                   "exec", kBare, (NeedPlan<Program::kStatic, amount>), name, After::kVfork,       \
                   kStart)
#define PROCMARK_CALLERS(number)                                                  \
  PROCMARK_EXEC_BY("caller_threads:" number,                                      \
                   "a static program by a forked child with " number              \
                   " sleeping threads, which it ends,",                           \
                   "exec", kBare, (NeedPlan<Program::kStatic, Amount::kThreads>), \
                   "caller_threads", After::kFork, kStart, false, true)
#define PROCMARK_EXEC_LIFE(name, what, faults, prepare, after)                                  \
  {                                                                                             \
    "exec/" name "/to:reaped",                                                                  \
        "Measures " what                                                                        \
        ", from the call until the program, which writes the time to a pipe and exits at once," \
        " is reaped. Not timed: the check of its status.",                                      \
        "exec", Edge::kCall, Edge::kReaped, "raw", "exec", "", 1, 1, faults, prepare,           \
        Repeat<Exec<after, Edge::kReaped>>                                                      \
  }

constexpr Edge kStart = Edge::kChildStart;

PROCMARK_BENCHMARKS kExec[] = {
    PROCMARK_EXEC_START("program:static/after:fork",
                        "a static program without a C library by a forked child", "core,exec",
                        kBare, NeedPlan<Program::kStatic>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:static/after:vfork",
                        "a static program without a C library by a child of CLONE_VM|CLONE_VFORK",
                        "exec", kBare, NeedPlan<Program::kStatic>, After::kVfork, kStart),
    PROCMARK_EXEC_START("program:libc/after:fork",
                        "a program with a static C library by a forked child, its libc's start",
                        "exec", kStaticFaults, NeedPlan<Program::kLibc>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:libc/after:vfork",
                        "a program with a static C library by a child of CLONE_VM|CLONE_VFORK, its "
                        "libc's start",
                        "core,exec", kStaticFaults, NeedPlan<Program::kLibc>, After::kVfork,
                        kStart),
    PROCMARK_EXEC_START("program:static_pie/after:vfork",
                        "a static, position-independent program with a C library by a child of "
                        "CLONE_VM|CLONE_VFORK, its relocation and its libc's start",
                        "exec", kStaticFaults, NeedPlan<Program::kPie>, After::kVfork, kStart),
    PROCMARK_EXEC_START("program:dynamic/after:fork",
                        "a dynamic program with a C library by a forked child, its loader and its "
                        "libc's start",
                        "exec", kDynamicFaults, NeedPlan<Program::kDynamic>, After::kFork, kStart),
    PROCMARK_EXEC_START(
        "program:dynamic/after:vfork",
        "a dynamic program with a C library by a child of CLONE_VM|CLONE_VFORK, its "
        "loader and its libc's start",
        "exec", kDynamicFaults, NeedPlan<Program::kDynamic>, After::kVfork, kStart),
    PROCMARK_EXEC_START("program:script/after:fork",
                        "a script (#!), its interpreter a program without a C library, by a forked "
                        "child",
                        "exec", kBare, NeedPlan<Program::kScript>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:script/after:vfork",
                        "a script (#!), its interpreter a program without a C library, by a child "
                        "of CLONE_VM|CLONE_VFORK",
                        "exec", kBare, NeedPlan<Program::kScript>, After::kVfork, kStart),
    {"exec/how:execveat/to:child_start",
     "Measures execveat(2) of a descriptor (AT_EMPTY_PATH) by a child of CLONE_VM|CLONE_VFORK from "
     "the call until the new program's first clock read. Not timed: the making of the process.",
     "exec", Edge::kCall, Edge::kChildStart, "raw", "exec", "", 1, 1, kBare, NeedExecveat,
     Repeat<Exec<After::kVfork, kStart, true>>},
    PROCMARK_STRINGS("argv", "1K", "arguments", Amount::kArguments),
    PROCMARK_STRINGS("argv", "64K", "arguments", Amount::kArguments),
    PROCMARK_STRINGS("argv", "512K", "arguments", Amount::kArguments),
    PROCMARK_STRINGS("envp", "64K", "environment", Amount::kEnvironment),
    PROCMARK_CALLERS("1"),
    PROCMARK_CALLERS("8"),
    PROCMARK_CALLERS("64"),
    PROCMARK_EXEC_LIFE("program:static/after:fork",
                       "fork(2) and execve(2) of a static program without a C library", kBare,
                       NeedPlan<Program::kStatic>, After::kFork),
    PROCMARK_EXEC_LIFE("program:static/after:vfork",
                       "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a C "
                       "library",
                       kBare, NeedPlan<Program::kStatic>, After::kVfork),
    PROCMARK_EXEC_LIFE("program:libc/after:fork",
                       "fork(2) and execve(2) of a program with a static C library", kStaticFaults,
                       NeedPlan<Program::kLibc>, After::kFork),
    PROCMARK_EXEC_LIFE("program:libc/after:vfork",
                       "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a program with a static C "
                       "library",
                       kStaticFaults, NeedPlan<Program::kLibc>, After::kVfork),
    PROCMARK_EXEC_LIFE("program:script/after:fork", "fork(2) and execve(2) of a script (#!)", kBare,
                       NeedPlan<Program::kScript>, After::kFork),
    PROCMARK_EXEC_LIFE("program:script/after:vfork",
                       "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a script (#!)", kBare,
                       NeedPlan<Program::kScript>, After::kVfork),
    {"posix_spawn/to:child_start",
     "Measures clone(CLONE_VM|CLONE_VFORK) and execve(2) of a static program without a C library, "
     "from the call until the program's first clock read. Not timed: its exit and its reaping.",
     "posix_spawn", Edge::kCall, Edge::kChildStart, "raw", "posix_spawn", "", 1, 1, kBare,
     NeedPlan<Program::kStatic>, Repeat<SpawnToStart>},
    // Before Linux 6.8 the new stack's page was written before the file was looked for.
    {"exec/program:missing/to:parent_return",
     "Measures execve(2) of a path that does not exist: the cost of being told so. Not timed: "
     "anything else.",
     "exec", Edge::kCall, Edge::kParentReturn, "raw", "exec", "", 1, 0, FaultRange{0, 2},
     NeedPlan<Program::kStatic>, Repeat<ExecMissing>}};

}  // namespace
}  // namespace procmark::subject

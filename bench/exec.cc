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

enum class Program { kStatic, kLibc, kScript };
enum class After { kFork, kVfork };

constexpr unsigned long kStringBytes = 1024;
constexpr unsigned long kMostStrings = 1024;

// What an exec needs, in memory of its own, which the child only reads.
struct Plan {
  int stamps[2];  // a pipe: the new program writes its first clock read to it
  char stamp_argument[16];
  char string[kStringBytes];
  const char* arguments[kMostStrings + 3];
  const char* environment[kMostStrings + 1];
};

Plan& PlanOf(const Context& context) { return *static_cast<Plan*>(context.area); }

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

template <Program kProgram, int kArgumentKib = 0, int kEnvironmentKib = 0>
void NeedPlan(Context& context) {
  static_assert(kArgumentKib <= kMostStrings && kEnvironmentKib <= kMostStrings);
  context.area = MapSmall(context, sizeof(Plan));
  Plan& plan = PlanOf(context);
  const Config& config = context.pages->config;
  NeedProgram(context, kProgram == Program::kLibc ? config.libc_program : config.exit_program);
  if (RawSyscall(__NR_pipe2, RawArg(plan.stamps), 0) != 0)
    context.Refuse("no pipe could be had", 0);
  Text(plan.stamp_argument, sizeof plan.stamp_argument)
      .Add(context.ticks ? "t" : "n")
      .Add(plan.stamps[1]);
  if constexpr (kProgram == Program::kScript) MakeScript(context, plan);
  for (unsigned long i = 0; i + 1 < kStringBytes; ++i) plan.string[i] = 'x';
  unsigned at = 0;
  plan.arguments[at++] = kExitName;
  plan.arguments[at++] = plan.stamp_argument;
  for (int i = 0; i < kArgumentKib; ++i) plan.arguments[at++] = plan.string;
  for (int i = 0; i < kEnvironmentKib; ++i) plan.environment[i] = plan.string;
}

// In the child, which with vfork is on the stack of its suspended parent: not inlined, so that it
// writes below its parent's frame only.
template <bool kByDescriptor>
[[noreturn, gnu::noinline]] void StampAndExec(Context& context, const Plan& plan) {
  context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
  context.pages->stamp = context.Now();
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

int64_t ReadStamp(Context& context, const Plan& plan) {
  int64_t stamp = 0;
  const long got = RawSyscall(__NR_read, plan.stamps[0], RawArg(&stamp), sizeof stamp);
  if (got != static_cast<long>(sizeof stamp))
    context.Refuse("the new program left no time: read gave", got);
  return stamp;
}

template <After kAfter, Edge kTo, bool kByDescriptor = false, uint32_t kThreads = 0>
int64_t Exec(Context& context) {
  Plan& plan = PlanOf(context);
  context.status = -1;
  int64_t start = 0;
  if constexpr (kTo == Edge::kReaped) start = context.Now();
  const long pid =
      kAfter == After::kFork ? sys::RawFork() : sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  if (pid == 0) {
    if constexpr (kThreads != 0) {
      if (ParkThreads(kThreads) != static_cast<long>(kThreads))
        RawSyscall(__NR_exit_group, kExecFailed);
    }
    StampAndExec<kByDescriptor>(context, plan);
  }
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  int64_t length = 0;
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  context.CheckChild(pid, reaped);
  const int64_t stamp = ReadStamp(context, plan);
  if constexpr (kTo == Edge::kChildStart) length = context.Lengthen(stamp - context.pages->stamp);
  return length;
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

constexpr FaultRange kFaults = {1, 256};
constexpr FaultRange kManyFaults = {1, 4096};

#define PROCMARK_EXEC_START(name, what, tags, faults, prepare, ...)                              \
  {                                                                                              \
    "exec/" name "/to:child_start",                                                              \
        "Measures execve(2) of " what                                                            \
        " from the call until the new program's first clock read. Not timed: the making of the " \
        "process, the program's exit.",                                                          \
        "exec", Edge::kCall, Edge::kChildStart, "raw", tags, "", 1, 1, faults, prepare,          \
        Repeat<Exec<__VA_ARGS__>>                                                                \
  }
#define PROCMARK_EXEC_LIFE(name, what, prepare, after)                                          \
  {                                                                                             \
    "exec/" name "/to:reaped",                                                                  \
        "Measures " what                                                                        \
        ", from the call until the program, which writes the time to a pipe and exits at once," \
        " is reaped. Not timed: the check of its status.",                                      \
        "exec", Edge::kCall, Edge::kReaped, "raw", "exec", "", 1, 1, kFaults, prepare,          \
        Repeat<Exec<after, Edge::kReaped>>                                                      \
  }

constexpr Edge kStart = Edge::kChildStart;

PROCMARK_BENCHMARKS kExec[] = {
    PROCMARK_EXEC_START("program:static/after:fork",
                        "a static program without a C library by a forked child", "core,exec",
                        kFaults, NeedPlan<Program::kStatic>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:static/after:vfork",
                        "a static program without a C library by a child of CLONE_VM|CLONE_VFORK",
                        "exec", kFaults, NeedPlan<Program::kStatic>, After::kVfork, kStart),
    PROCMARK_EXEC_START("program:libc/after:fork",
                        "a program with a static C library by a forked child, its libc's start",
                        "exec", kFaults, NeedPlan<Program::kLibc>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:libc/after:vfork",
                        "a program with a static C library by a child of CLONE_VM|CLONE_VFORK, its "
                        "libc's start",
                        "core,exec", kFaults, NeedPlan<Program::kLibc>, After::kVfork, kStart),
    PROCMARK_EXEC_START("program:script/after:fork",
                        "a script (#!), its interpreter a program without a C library, by a forked "
                        "child",
                        "exec", kFaults, NeedPlan<Program::kScript>, After::kFork, kStart),
    PROCMARK_EXEC_START("program:script/after:vfork",
                        "a script (#!), its interpreter a program without a C library, by a child "
                        "of CLONE_VM|CLONE_VFORK",
                        "exec", kFaults, NeedPlan<Program::kScript>, After::kVfork, kStart),
    {"exec/how:execveat/to:child_start",
     "Measures execveat(2) of a descriptor (AT_EMPTY_PATH) by a child of CLONE_VM|CLONE_VFORK from "
     "the call until the new program's first clock read. Not timed: the making of the process.",
     "exec", Edge::kCall, Edge::kChildStart, "raw", "exec", "", 1, 1, kFaults, NeedExecveat,
     Repeat<Exec<After::kVfork, kStart, true>>},
    PROCMARK_EXEC_START("argv:1K", "a static program with 1 KiB of arguments", "exec", kManyFaults,
                        (NeedPlan<Program::kStatic, 1>), After::kVfork, kStart),
    PROCMARK_EXEC_START("argv:64K", "a static program with 64 KiB of arguments, 1 KiB each", "exec",
                        kManyFaults, (NeedPlan<Program::kStatic, 64>), After::kVfork, kStart),
    PROCMARK_EXEC_START("argv:512K", "a static program with 512 KiB of arguments, 1 KiB each",
                        "exec", kManyFaults, (NeedPlan<Program::kStatic, 512>), After::kVfork,
                        kStart),
    PROCMARK_EXEC_START("envp:64K", "a static program with 64 KiB of environment, 1 KiB each",
                        "exec", kManyFaults, (NeedPlan<Program::kStatic, 0, 64>), After::kVfork,
                        kStart),
    PROCMARK_EXEC_START("caller_threads:1",
                        "a static program by a forked child with 1 sleeping thread, which it ends",
                        "exec", kManyFaults, NeedPlan<Program::kStatic>, After::kFork, kStart,
                        false, 1),
    PROCMARK_EXEC_START("caller_threads:8",
                        "a static program by a forked child with 8 sleeping threads, which it ends",
                        "exec", kManyFaults, NeedPlan<Program::kStatic>, After::kFork, kStart,
                        false, 8),
    PROCMARK_EXEC_START("caller_threads:64",
                        "a static program by a forked child with 64 sleeping threads, which it "
                        "ends",
                        "exec", kManyFaults, NeedPlan<Program::kStatic>, After::kFork, kStart,
                        false, 64),
    PROCMARK_EXEC_LIFE("program:static/after:fork",
                       "fork(2) and execve(2) of a static program without a C library",
                       NeedPlan<Program::kStatic>, After::kFork),
    PROCMARK_EXEC_LIFE("program:libc/after:fork",
                       "fork(2) and execve(2) of a program with a static C library",
                       NeedPlan<Program::kLibc>, After::kFork),
    PROCMARK_EXEC_LIFE("program:libc/after:vfork",
                       "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a program with a static C "
                       "library",
                       NeedPlan<Program::kLibc>, After::kVfork),
    PROCMARK_EXEC_LIFE("program:script/after:fork", "fork(2) and execve(2) of a script (#!)",
                       NeedPlan<Program::kScript>, After::kFork),
    PROCMARK_EXEC_LIFE("program:script/after:vfork",
                       "clone(CLONE_VM|CLONE_VFORK) and execve(2) of a script (#!)",
                       NeedPlan<Program::kScript>, After::kVfork),
    {"exec/program:missing/to:parent_return",
     "Measures execve(2) of a path that does not exist: the cost of being told so. Not timed: "
     "anything else.",
     "exec", Edge::kCall, Edge::kParentReturn, "raw", "exec", "", 1, 0, FaultRange{0, 0},
     NeedPlan<Program::kStatic>, Repeat<ExecMissing>}};

}  // namespace
}  // namespace procmark::subject

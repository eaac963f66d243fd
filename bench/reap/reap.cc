// SPDX-License-Identifier: MIT
// Reaping alone: the child is a zombie before the timed call begins.
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "bench/subject/memory.h"
#include "bench/subject/pages.h"
#include "bench/subject/poll.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int kOwnGroup = 0;

// Creates a child and waits until it has ended. waitid(2) with WNOWAIT leaves it a zombie.
[[gnu::always_inline]] inline long MakeZombie(Context& context) {
  const long pid = sys::RawFork();
  if (pid == 0) ExitChild();
  if (pid < 0) context.Refuse("no child could be created: errno", -pid);
  const long seen = RawSyscall(__NR_waitid, P_PID, pid, 0, WEXITED | WNOWAIT, 0);
  if (seen != 0) context.Refuse("the child did not become a zombie: errno", -seen);
  context.status = -1;
  return pid;
}

// ---- wait4(2)

enum class Whom { kPid, kAny, kGroup };

template <Whom kWhom, int kOptions, bool kUsage>
int64_t Wait4(Context& context) {
  struct rusage usage {};
  const long pid = MakeZombie(context);
  const long whom = kWhom == Whom::kPid ? pid : kWhom == Whom::kAny ? -1 : 0;
  const int64_t start = context.Now();
  const long reaped =
      RawSyscall(__NR_wait4, whom, RawArg(&context.status), kOptions, kUsage ? RawArg(&usage) : 0);
  const int64_t length = context.Length(start);
  context.CheckChild(pid, reaped);
  return length;
}

// ---- waitid(2)

// The words of siginfo_t that waitid(2) fills in: si_signo, si_errno, si_code; then si_pid, si_uid
// and si_status, which begin at the next multiple of a long's size.
struct ChildInfo {
  int words[128 / sizeof(int)];
  static constexpr int kPidAt = sizeof(long) == 8 ? 4 : 3;
  static constexpr int kStatusAt = kPidAt + 2;
};

void CheckInfo(Context& context, long pid, long answer, const ChildInfo& info) {
  constexpr int kExited = 1;  // CLD_EXITED
  if (answer != 0) context.RefuseChild(pid, answer, kChildStatus << 8);
  if (info.words[2] == kExited) context.status = info.words[ChildInfo::kStatusAt] << 8;
  context.CheckChild(pid, info.words[ChildInfo::kPidAt]);
}

template <int kType, bool kUsage>
int64_t WaitId(Context& context) {
  struct rusage usage {};
  ChildInfo info{};
  const long pid = MakeZombie(context);
  const long whom = kType == P_PID ? pid : kType == P_PGID ? kOwnGroup : 0;
  const int64_t start = context.Now();
  const long answer =
      RawSyscall(__NR_waitid, kType, whom, RawArg(&info), WEXITED, kUsage ? RawArg(&usage) : 0);
  const int64_t length = context.Length(start);
  CheckInfo(context, pid, answer, info);
  return length;
}

void NeedPidfd(Context& context) {
  const long self = RawSyscall(__NR_getpid);
  const long pidfd = RawSyscall(__NR_pidfd_open, self, 0);
  if (pidfd < 0) context.Skip("this kernel has no pidfd_open(2) (since Linux 5.3)", -pidfd);
  RawSyscall(__NR_close, pidfd);
}

int64_t WaitIdPidfd(Context& context) {
  ChildInfo info{};
  const long pid = MakeZombie(context);
  const long pidfd = RawSyscall(__NR_pidfd_open, pid, 0);
  if (pidfd < 0) context.Refuse("no pidfd could be opened: errno", -pidfd);
  const int64_t start = context.Now();
  const long answer = RawSyscall(__NR_waitid, P_PIDFD, pidfd, RawArg(&info), WEXITED, 0);
  const int64_t length = context.Length(start);
  RawSyscall(__NR_close, pidfd);
  CheckInfo(context, pid, answer, info);
  return length;
}

// Looks first, then reaps. Both are timed.
int64_t LookThenReap(Context& context) {
  ChildInfo info{};
  const long pid = MakeZombie(context);
  const int64_t start = context.Now();
  const long looked = RawSyscall(__NR_waitid, P_PID, pid, RawArg(&info), WEXITED | WNOWAIT, 0);
  const long reaped = RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0);
  const int64_t length = context.Length(start);
  if (looked != 0 || info.words[ChildInfo::kPidAt] != pid)
    context.Refuse("waitid with WNOWAIT answered", looked);
  context.CheckChild(pid, reaped);
  return length;
}

// ---- asking for the end of a child that lives

enum class Asked { kWait4, kWaitId, kPoll };

struct LivingChild {
  long pid;
  int pidfd;
};

// One living child for all samples. It ends when its parent does.
void NeedLiving(Context& context, LivingChild& child) {
  NeedPidfd(context);
  Sharer sharer(context);
  child.pid = sharer.Pid();
  const long pidfd = RawSyscall(__NR_pidfd_open, sharer.Pid(), 0);
  if (pidfd < 0) context.Refuse("no pidfd could be opened: errno", -pidfd);
  child.pidfd = static_cast<int>(pidfd);
}

template <Asked kAsked>
int64_t AskInVain(Context& context, const LivingChild& child) {
  const long pid = child.pid;
  PollEntry entry = {child.pidfd, kReadable, 0};
  __kernel_timespec at_once = {0, 0};
  int status = 0;
  ChildInfo info{};
  long answers = 0;
  const int64_t start = context.Now();
  for (int64_t i = 0; i < kBatch; ++i) {
    if constexpr (kAsked == Asked::kWait4)
      answers |= RawSyscall(__NR_wait4, pid, RawArg(&status), WNOHANG, 0);
    if constexpr (kAsked == Asked::kWaitId)
      answers |= RawSyscall(__NR_waitid, P_PID, pid, RawArg(&info), WEXITED | WNOHANG, 0);
    if constexpr (kAsked == Asked::kPoll)
      answers |= RawSyscall(__NR_ppoll, RawArg(&entry), 1, RawArg(&at_once), 0, 0);
  }
  const int64_t length = context.Length(start);
  if (answers != 0 || info.words[ChildInfo::kPidAt] != 0)
    context.Refuse("the kernel reported the end of a living child: answers", answers);
  return length;
}

// ---- orphans

// A child creates context.amount sleeping children and ends. The subject, their subreaper, adopts
// them.
[[noreturn, gnu::noinline]] void LeaveOrphans(Context& context, const int* ready,
                                              const int* leave) {
  char byte = 0;
  RawSyscall(__NR_close, leave[1]);
  for (uint64_t i = 0; i < context.amount; ++i) {
    const long pid = sys::RawFork();
    if (pid < 0) RawSyscall(__NR_exit_group, 1);
    if (pid == 0) {
      RawSyscall(__NR_write, ready[1], RawArg(&byte), 1);
      RawSyscall(__NR_read, leave[0], RawArg(&byte), 1);
      ExitChild();
    }
  }
  for (uint64_t i = 0; i < context.amount; ++i) RawSyscall(__NR_read, ready[0], RawArg(&byte), 1);
  context.pages->stamp = 0;
  context.pages->stamp = context.Now();
  ExitChild();
}

int64_t Adopt(Context& context) {
  int ready[2] = {-1, -1};
  int leave[2] = {-1, -1};
  if (RawSyscall(__NR_pipe2, RawArg(ready), 0) != 0 ||
      RawSyscall(__NR_pipe2, RawArg(leave), 0) != 0)
    context.Refuse("no pipe could be opened", 0);
  context.status = -1;
  const long pid = sys::RawFork();
  if (pid == 0) LeaveOrphans(context, ready, leave);
  const long reaped = pid > 0 ? RawSyscall(__NR_wait4, pid, RawArg(&context.status), 0, 0) : pid;
  const int64_t end = context.Now();
  context.CheckChild(pid, reaped);
  RawSyscall(__NR_close, ready[0]);
  RawSyscall(__NR_close, ready[1]);
  RawSyscall(__NR_close, leave[0]);
  RawSyscall(__NR_close, leave[1]);
  for (uint64_t i = 0; i < context.amount; ++i) {
    context.status = -1;
    const long orphan = RawSyscall(__NR_wait4, -1, RawArg(&context.status), 0, 0);
    context.CheckChild(orphan, orphan);
  }
  return context.Lengthen(end - context.pages->stamp);
}

void NeedSubreaper(Context& context) {
  const int64_t orphans = static_cast<int64_t>(context.amount);
  constexpr int64_t kOfTheChild = 32;
  context.expected.children = orphans + 1;
  context.expected.faults = {orphans + 1, 4 * orphans + kOfTheChild};
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  constexpr long kSetSubreaper = 36;  // PR_SET_CHILD_SUBREAPER
  const long done = RawSyscall(__NR_prctl, kSetSubreaper, 1, 0, 0, 0);
  if (done != 0) context.Skip("this process cannot become a subreaper", -done);
}

// ---- the benchmarks

constexpr FaultRange kOfFork = {1, 12};

template <Literal kBy, Literal kWhat, auto kSample, auto kPrepare = nullptr>
consteval Benchmark Reap() {
  return {.name = Join<"reap/by:", kBy>,
          .measures = Join<"the reaping of one zombie by ", kWhat>,
          .not_timed = "its life",
          .from = Edge::kCall,
          .to = Edge::kReaped,
          .children = 1,
          .faults = kOfFork,
          .run = Repeat<kSample, kPrepare>};
}

template <Literal kBy, Literal kWhat, Asked kAsked>
consteval Benchmark Miss() {
  return {.name = Join<"reap/miss:", kBy>,
          .measures = Join<kWhat, " while the child lives; one sample is 64">,
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .operations = kBatch,
          .faults = {0, 1},
          .run = Repeat<AskInVain<kAsked>, NeedLiving>};
}

template <Literal kCount>
consteval Benchmark Orphans() {
  return {.name = Join<"reap/orphans:", kCount, "/from:child_exit/to:reaped">,
          .measures = Join<"the end of a child that leaves ", kCount,
                           " sleeping children to its subreaper, from its last clock read before "
                           "_exit until it is reaped">,
          .not_timed = "the orphans' ends",
          .from = Edge::kChildExit,
          .to = Edge::kReaped,
          .parameter = "orphans",
          .children = 1,
          .faults = kOfFork,
          .run = Repeat<Adopt, NeedSubreaper>};
}

PROCMARK_BENCHMARKS kReap = List(
    Reap<"wait4", "wait4(2) with its pid", Wait4<Whom::kPid, 0, false>>(),
    Reap<"wait4_rusage", "wait4(2) with its pid, asking for its usage",
         Wait4<Whom::kPid, 0, true>>(),
    Reap<"wait4_any", "wait4(2) of any child", Wait4<Whom::kAny, 0, false>>(),
    Reap<"wait4_group", "wait4(2) of the caller's process group", Wait4<Whom::kGroup, 0, false>>(),
    Reap<"wait4_nohang", "wait4(2) with WNOHANG", Wait4<Whom::kPid, WNOHANG, false>>(),
    Reap<"waitid_pid", "waitid(2) with P_PID", WaitId<P_PID, false>>(),
    Reap<"waitid_rusage", "waitid(2) with P_PID, asking for its usage", WaitId<P_PID, true>>(),
    Reap<"waitid_all", "waitid(2) with P_ALL", WaitId<P_ALL, false>>(),
    Reap<"waitid_pgid", "waitid(2) with P_PGID of the caller's own group", WaitId<P_PGID, false>>(),
    Reap<"waitid_pidfd", "waitid(2) with P_PIDFD", WaitIdPidfd, NeedPidfd>(),
    Reap<"nowait_then_wait4",
         "waitid(2) with WNOWAIT, which leaves it a zombie, and wait4(2), which reaps it",
         LookThenReap>(),
    Miss<"wait4_nohang", "wait4(2) with WNOHANG", Asked::kWait4>(),
    Miss<"waitid_nohang", "waitid(2) with WNOHANG", Asked::kWaitId>(),
    Miss<"pidfd_poll", "ppoll(2) of a pidfd, with a timeout of 0,", Asked::kPoll>(), Orphans<"1">(),
    Orphans<"16">(), Orphans<"256">());

}  // namespace
}  // namespace procmark::subject

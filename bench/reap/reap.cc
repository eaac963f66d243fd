// Reaping by itself: the child is a zombie before the timed call begins.
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "bench/subject/pages.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int kOwnGroup = 0;

// A child that ended; waitid with WNOWAIT proves it and leaves it as it is.
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

// The words of siginfo_t that waitid fills in: si_signo, si_errno, si_code; si_pid, si_uid and
// si_status begin at the word that the architecture's alignment gives.
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
  if (pidfd < 0) context.Skip("pidfd_open(2) is not to be had (since Linux 5.3)", -pidfd);
  RawSyscall(__NR_close, pidfd);
}

int64_t WaitIdPidfd(Context& context) {
  ChildInfo info{};
  const long pid = MakeZombie(context);
  const long pidfd = RawSyscall(__NR_pidfd_open, pid, 0);
  if (pidfd < 0) context.Refuse("no pidfd could be had: errno", -pidfd);
  const int64_t start = context.Now();
  const long answer = RawSyscall(__NR_waitid, P_PIDFD, pidfd, RawArg(&info), WEXITED, 0);
  const int64_t length = context.Length(start);
  RawSyscall(__NR_close, pidfd);
  CheckInfo(context, pid, answer, info);
  return length;
}

// Looks first, reaps then: both are timed.
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

// ---- asking in vain

enum class Asked { kWait4, kWaitId, kPoll };

// One living child for all samples; it ends when its parent does.
void NeedLiving(Context& context) {
  NeedPidfd(context);
  Sharer sharer(context);
  context.area_bytes = static_cast<unsigned long>(sharer.Pid());
  const long pidfd = RawSyscall(__NR_pidfd_open, sharer.Pid(), 0);
  if (pidfd < 0) context.Refuse("no pidfd could be had: errno", -pidfd);
  context.status = static_cast<int>(pidfd);
}

struct PollEntry {  // struct pollfd (poll(2))
  int fd;
  short events;
  short returned;
};

template <Asked kAsked>
int64_t AskInVain(Context& context) {
  const long pid = static_cast<long>(context.area_bytes);
  constexpr short kReadable = 1;  // POLLIN
  PollEntry entry = {context.status, kReadable, 0};
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
    context.Refuse("a living child was said to have ended: answers", answers);
  return length;
}

// ---- orphans

// A parent of so many sleeping children ends: they are given to this process, their subreaper.
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
    context.Refuse("no pipe could be had", 0);
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
  constexpr int64_t kOfTheParent = 32;
  context.expected.children = orphans + 1;
  context.expected.faults = {orphans + 1, 4 * orphans + kOfTheParent};
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  constexpr long kSetSubreaper = 36;  // PR_SET_CHILD_SUBREAPER
  const long done = RawSyscall(__NR_prctl, kSetSubreaper, 1, 0, 0, 0);
  if (done != 0) context.Skip("this process cannot become a subreaper", -done);
}

constexpr FaultRange kFaults = {1, 12};  // of a fork
constexpr FaultRange kFewFaults = {0, 1};

#define PROCMARK_REAP(by, what, prepare, tags, ...)                                                \
  {                                                                                                \
    "reap/by:" by, "Measures the reaping of one zombie by " what ". Not timed: its life.", "reap", \
        Edge::kCall, Edge::kReaped, "raw", tags, "", 1, 1, kFaults, prepare, Repeat<__VA_ARGS__>   \
  }
#define PROCMARK_IN_VAIN(by, what, asked)                                                       \
  {                                                                                             \
    "reap/miss:" by,                                                                            \
        "Measures " what " while the child lives; one sample is 64. Not timed: anything else.", \
        "reap", Edge::kCall, Edge::kParentReturn, "raw", "reap", "", kBatch, 0, kFewFaults,     \
        NeedLiving, Repeat<AskInVain<(asked)>>                                                  \
  }
#define PROCMARK_ADOPT(count)                                                                     \
  {                                                                                               \
    "reap/orphans:" #count "/from:child_exit/to:reaped",                                          \
        "Measures the end of a child that leaves " #count                                         \
        " sleeping children to its subreaper, from its last clock read before _exit until it "    \
        "is reaped. Not timed: the orphans' ends.",                                               \
        "reap", Edge::kChildExit, Edge::kReaped, "raw", "reap", "", 1, 1, kFaults, NeedSubreaper, \
        Repeat<Adopt>, "orphans"                                                                  \
  }

PROCMARK_BENCHMARKS kReap[] = {
    PROCMARK_REAP("wait4", "wait4(2) of its number", nullptr, "reap", Wait4<Whom::kPid, 0, false>),
    PROCMARK_REAP("wait4_rusage", "wait4(2) of its number, with its usage", nullptr, "reap",
                  Wait4<Whom::kPid, 0, true>),
    PROCMARK_REAP("wait4_any", "wait4(2) of any child", nullptr, "reap",
                  Wait4<Whom::kAny, 0, false>),
    PROCMARK_REAP("wait4_group", "wait4(2) of the caller's process group", nullptr, "reap",
                  Wait4<Whom::kGroup, 0, false>),
    PROCMARK_REAP("wait4_nohang", "wait4(2) with WNOHANG", nullptr, "reap",
                  Wait4<Whom::kPid, WNOHANG, false>),
    PROCMARK_REAP("waitid_pid", "waitid(2) with P_PID", nullptr, "reap", WaitId<P_PID, false>),
    PROCMARK_REAP("waitid_rusage", "waitid(2) with P_PID and its usage", nullptr, "reap",
                  WaitId<P_PID, true>),
    PROCMARK_REAP("waitid_all", "waitid(2) with P_ALL", nullptr, "reap", WaitId<P_ALL, false>),
    PROCMARK_REAP("waitid_pgid", "waitid(2) with P_PGID of the caller's own group", nullptr, "reap",
                  WaitId<P_PGID, false>),
    PROCMARK_REAP("waitid_pidfd", "waitid(2) with P_PIDFD", NeedPidfd, "reap", WaitIdPidfd),
    PROCMARK_REAP("nowait_then_wait4",
                  "waitid(2) with WNOWAIT, which leaves it, and wait4(2), which does not", nullptr,
                  "reap", LookThenReap),
    PROCMARK_IN_VAIN("wait4_nohang", "wait4(2) with WNOHANG", Asked::kWait4),
    PROCMARK_IN_VAIN("waitid_nohang", "waitid(2) with WNOHANG", Asked::kWaitId),
    PROCMARK_IN_VAIN("pidfd_poll", "ppoll(2) of a pidfd that does not wait", Asked::kPoll),
    PROCMARK_ADOPT(1),
    PROCMARK_ADOPT(16),
    PROCMARK_ADOPT(256)};

}  // namespace
}  // namespace procmark::subject

// io_uring, by liburing: waiting for a child, and polling its pidfd.
#include <liburing.h>
#include <poll.h>
#include <sys/syscall.h>

#include "bench/subject/notify.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

constexpr unsigned kEntries = 4;

io_uring& RingOf(const Context& context) { return *static_cast<io_uring*>(context.area); }

void NeedRing(Context& context) {
  context.area = MapSmall(context, context.page_bytes);
  const int error = io_uring_queue_init(kEntries, &RingOf(context), 0);
  if (error != 0)
    context.Skip("io_uring is not to be had here (not configured, or switched off)", -error);
}

// Submits what `prepare` writes; SubmitAndWait gives the completion's result.
io_uring_sqe* NextEntry(const Context& context) {
  io_uring_sqe* entry = io_uring_get_sqe(&RingOf(context));
  if (entry == nullptr) context.Refuse("the ring is full", 0);
  return entry;
}

int Complete(const Context& context) {
  io_uring_cqe* completion = nullptr;
  const int error = io_uring_wait_cqe(&RingOf(context), &completion);
  if (error != 0) context.Refuse("no completion came: errno", -error);
  const int result = completion->res;
  io_uring_cqe_seen(&RingOf(context), completion);
  return result;
}

void Submit(const Context& context) {
  const int submitted = io_uring_submit(&RingOf(context));
  if (submitted != 1) context.Refuse("the ring did not take one entry but", submitted);
}

int64_t ByWaitId(Context& context) {
  siginfo_t info{};
  ToldChild child(context);
  io_uring_prep_waitid(NextEntry(context), P_PID, static_cast<id_t>(child.Pid()), &info, WEXITED,
                       0);
  Submit(context);
  child.Release(context);
  const int result = Complete(context);
  const int64_t end = context.Now();
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), result == 0 ? info.si_pid : result);
  return SinceItsEnd(context, end);
}

// ECHILD tells that the kernel knows the operation, EINVAL that it does not.
void NeedWaitId(Context& context) {
  NeedRing(context);
  siginfo_t info{};
  io_uring_prep_waitid(NextEntry(context), P_ALL, 0, &info, WEXITED, 0);
  Submit(context);
  const int result = Complete(context);
  if (result != -ECHILD)
    context.Skip("io_uring's waitid is not to be had (since Linux 6.7)", -result);
}

void NeedPoll(Context& context) {
  const long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  if (pidfd < 0) context.Skip("pidfd_open(2) is not to be had (since Linux 5.3)", errno);
  close(static_cast<int>(pidfd));
  NeedRing(context);
}

int64_t ByPoll(Context& context) {
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child.Pid(), 0));
  io_uring_prep_poll_add(NextEntry(context), pidfd, POLLIN);
  Submit(context);
  child.Release(context);
  const int result = Complete(context);
  const int waited = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  const int64_t end = context.Now();
  close(pidfd);
  if (result < 0 || (result & POLLIN) == 0) context.Refuse("the poll gave", result);
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), waited == 0 ? info.si_pid : -errno);
  return SinceItsEnd(context, end);
}

constexpr FaultRange kFaults = {0, 128};

PROCMARK_BENCHMARKS kLibcUring[] = {
    {"reap/notify:io_uring_waitid/from:child_exit/to:reaped",
     "Measures the end of a child whose parent has submitted a waitid to io_uring and waits for "
     "its completion, from the child's last clock read before _exit until that came. Not timed: "
     "the submission.",
     "reap", Edge::kChildExit, Edge::kReaped, "libc", "reap", "", 1, 1, kFaults, NeedWaitId,
     Repeat<ByWaitId>},
    {"reap/notify:io_uring_poll/from:child_exit/to:reaped",
     "Measures the end of a child whose parent has submitted a poll of its pidfd to io_uring, "
     "waits for its completion and reaps it by waitid(2), from the child's last clock read before "
     "_exit until it is reaped. Not timed: the submission.",
     "reap", Edge::kChildExit, Edge::kReaped, "libc", "reap", "", 1, 1, kFaults, NeedPoll,
     Repeat<ByPoll>}};

}  // namespace
}  // namespace procmark::subject

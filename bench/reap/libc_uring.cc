// SPDX-License-Identifier: MIT
// io_uring through liburing: waiting for a child, and polling its pidfd.
#include <liburing.h>
#include <poll.h>
#include <sys/syscall.h>

#include "bench/subject/memory.h"
#include "bench/subject/notify.h"

namespace procmark::subject {
namespace {

constexpr unsigned kEntries = 4;

struct Ring {
  io_uring* ring;
};

void NeedRing(Context& context, Ring& state) {
  state.ring = MapObject<io_uring>(context);
  const int error = io_uring_queue_init(kEntries, state.ring, 0);
  if (error != 0) context.Skip("io_uring is not configured here, or switched off", -error);
}

// The entry to write the next submission to.
io_uring_sqe* NextEntry(const Context& context, const Ring& state) {
  io_uring_sqe* entry = io_uring_get_sqe(state.ring);
  if (entry == nullptr) context.Refuse("the ring is full", 0);
  return entry;
}

// Waits for a completion and returns its result.
int Complete(const Context& context, const Ring& state) {
  io_uring_cqe* completion = nullptr;
  const int error = io_uring_wait_cqe(state.ring, &completion);
  if (error != 0) context.Refuse("waiting for the completion failed: errno", -error);
  const int result = completion->res;
  io_uring_cqe_seen(state.ring, completion);
  return result;
}

void Submit(const Context& context, const Ring& state) {
  const int submitted = io_uring_submit(state.ring);
  if (submitted != 1)
    context.Refuse("the ring did not accept exactly one entry; accepted were", submitted);
}

int64_t ByWaitId(Context& context, const Ring& state) {
  siginfo_t info{};
  ToldChild child(context);
  io_uring_prep_waitid(NextEntry(context, state), P_PID, static_cast<id_t>(child.Pid()), &info,
                       WEXITED, 0);
  Submit(context, state);
  child.Release(context);
  const int result = Complete(context, state);
  const int64_t end = context.Now();
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), result == 0 ? info.si_pid : result);
  return SinceItsEnd(context, end);
}

// A kernel that knows the operation answers ECHILD, another one EINVAL.
void NeedWaitId(Context& context, Ring& state) {
  NeedRing(context, state);
  siginfo_t info{};
  io_uring_prep_waitid(NextEntry(context, state), P_ALL, 0, &info, WEXITED, 0);
  Submit(context, state);
  const int result = Complete(context, state);
  if (result != -ECHILD)
    context.Skip("this kernel's io_uring has no waitid (since Linux 6.7)", -result);
}

void NeedPoll(Context& context, Ring& state) {
  const long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  if (pidfd < 0) context.Skip("this kernel has no pidfd_open(2) (since Linux 5.3)", errno);
  close(static_cast<int>(pidfd));
  NeedRing(context, state);
}

int64_t ByPoll(Context& context, const Ring& state) {
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child.Pid(), 0));
  io_uring_prep_poll_add(NextEntry(context, state), pidfd, POLLIN);
  Submit(context, state);
  child.Release(context);
  const int result = Complete(context, state);
  const int waited = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  const int64_t end = context.Now();
  close(pidfd);
  if (result < 0 || (result & POLLIN) == 0) context.Refuse("the poll gave", result);
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), waited == 0 ? info.si_pid : -errno);
  return SinceItsEnd(context, end);
}

PROCMARK_BENCHMARKS kLibcUring = List(
    Benchmark{.name = "reap/notify:io_uring_waitid/from:child_exit/to:reaped",
              .measures = "the end of a child whose parent has submitted a waitid to io_uring and "
                          "waits for its completion, from the child's last clock read before _exit "
                          "until the completion",
              .not_timed = "the submission",
              .from = Edge::kChildExit,
              .to = Edge::kReaped,
              .children = 1,
              .faults = {0, 128},
              .run = Repeat<ByWaitId, NeedWaitId>},
    Benchmark{.name = "reap/notify:io_uring_poll/from:child_exit/to:reaped",
              .measures = "the end of a child whose parent has submitted a poll of its pidfd to "
                          "io_uring, waits for its completion and reaps it by waitid(2), from the "
                          "child's last clock read before _exit until it is reaped",
              .not_timed = "the submission",
              .from = Edge::kChildExit,
              .to = Edge::kReaped,
              .children = 1,
              .faults = {0, 128},
              .run = Repeat<ByPoll, NeedPoll>});

}  // namespace
}  // namespace procmark::subject

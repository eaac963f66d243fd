// How a parent hears that its child has ended: every way, from the child's last clock read until
// the parent has reaped it.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "bench/subject/notify.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

int OpenPidfd(const Context& context, pid_t pid) {
  const long pidfd = syscall(SYS_pidfd_open, pid, 0);
  if (pidfd < 0) context.Refuse("no pidfd could be had: errno", errno);
  return static_cast<int>(pidfd);
}

void NeedPidfd(Context& context) {
  const long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  if (pidfd < 0) context.Skip("pidfd_open(2) is not to be had (since Linux 5.3)", errno);
  close(static_cast<int>(pidfd));
}

// ---- blocked in the wait itself

int64_t ByWait(Context& context) {
  ToldChild child(context);
  child.Release(context);
  const pid_t reaped = waitpid(child.Pid(), &context.status, 0);
  const int64_t end = context.Now();
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

int64_t ByWaitIdPidfd(Context& context) {
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = OpenPidfd(context, child.Pid());
  child.Release(context);
  const int waited = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
  const int64_t end = context.Now();
  close(pidfd);
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), waited == 0 ? info.si_pid : -errno);
  return SinceItsEnd(context, end);
}

// ---- a descriptor tells, a wait reaps

int64_t ByPoll(Context& context) {
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = OpenPidfd(context, child.Pid());
  pollfd entry{pidfd, POLLIN, 0};
  child.Release(context);
  const int ready = poll(&entry, 1, -1);
  const int waited = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  const int64_t end = context.Now();
  close(pidfd);
  if (ready != 1) context.Refuse("poll(2) answered", ready);
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), waited == 0 ? info.si_pid : -errno);
  return SinceItsEnd(context, end);
}

// An epoll set with one descriptor less than asked for, all of a child that lives as long as this
// process.
void NeedEpoll(Context& context) {
  NeedPidfd(context);
  const int set = epoll_create1(0);
  if (set < 0) context.Refuse("no epoll set could be had: errno", errno);
  int life[2] = {-1, -1};
  if (pipe(life) != 0) context.Refuse("no pipe could be had: errno", errno);
  const pid_t living = fork();
  if (living == 0) {
    char byte = 0;
    close(life[1]);
    const ssize_t got = read(life[0], &byte, 1);  // 0 when the parent is gone
    _exit(got == 0 ? 0 : 1);
  }
  if (living < 0) context.Refuse("no child could be created: errno", errno);
  NeedDescriptors(context, static_cast<uint32_t>(context.amount));
  for (uint64_t i = 1; i < context.amount; ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    const int pidfd = OpenPidfd(context, living);
    if (epoll_ctl(set, EPOLL_CTL_ADD, pidfd, &event) != 0)
      context.Refuse("the epoll set took no pidfd: errno", errno);
  }
  context.area_bytes = static_cast<unsigned long>(set);
}

int64_t ByEpoll(Context& context) {
  const int set = static_cast<int>(context.area_bytes);
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = OpenPidfd(context, child.Pid());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = pidfd;
  if (epoll_ctl(set, EPOLL_CTL_ADD, pidfd, &event) != 0)
    context.Refuse("the epoll set took no pidfd: errno", errno);
  epoll_event seen{};
  child.Release(context);
  const int ready = epoll_wait(set, &seen, 1, -1);
  const int waited = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  const int64_t end = context.Now();
  close(pidfd);
  if (ready != 1 || seen.data.fd != pidfd) context.Refuse("epoll_wait(2) answered", ready);
  context.status = StatusOf(info);
  context.CheckChild(child.Pid(), waited == 0 ? info.si_pid : -errno);
  return SinceItsEnd(context, end);
}

// The end of file on a pipe that the child holds.
int64_t ByPipe(Context& context) {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) context.Refuse("no pipe could be had: errno", errno);
  char byte = 0;
  ToldChild child(context);
  close(ends[1]);
  child.Release(context);
  const ssize_t got = read(ends[0], &byte, 1);
  const pid_t reaped = waitpid(child.Pid(), &context.status, 0);
  const int64_t end = context.Now();
  close(ends[0]);
  if (got != 0) context.Refuse("the child wrote to the pipe", got);
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

// ---- SIGCHLD

void NeedBlocked(Context& context) {
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &chld, nullptr) != 0)
    context.Refuse("SIGCHLD could not be blocked: errno", errno);
}

void Handle(int) {}

void NeedHandler(Context& context) {
  NeedBlocked(context);
  struct sigaction action {};
  action.sa_handler = Handle;
  sigaction(SIGCHLD, &action, nullptr);
}

int64_t ByHandler(Context& context) {
  sigset_t all_but_none;
  sigemptyset(&all_but_none);
  ToldChild child(context);
  child.Release(context);
  sigsuspend(&all_but_none);
  const pid_t reaped = waitpid(child.Pid(), &context.status, WNOHANG);
  const int64_t end = context.Now();
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

int64_t BySigwaitinfo(Context& context) {
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  siginfo_t info{};
  ToldChild child(context);
  child.Release(context);
  const int signal = sigwaitinfo(&chld, &info);
  const pid_t reaped = waitpid(child.Pid(), &context.status, WNOHANG);
  const int64_t end = context.Now();
  if (signal != SIGCHLD || info.si_pid != child.Pid())
    context.Refuse("sigwaitinfo(2) told of another child: signal", signal);
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

void NeedSignalfd(Context& context) {
  NeedBlocked(context);
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  const int fd = signalfd(-1, &chld, 0);
  if (fd < 0) context.Skip("signalfd(2) is not to be had", errno);
  context.area_bytes = static_cast<unsigned long>(fd);
}

int64_t BySignalfd(Context& context) {
  signalfd_siginfo info{};
  ToldChild child(context);
  child.Release(context);
  const ssize_t got = read(static_cast<int>(context.area_bytes), &info, sizeof info);
  const pid_t reaped = waitpid(child.Pid(), &context.status, WNOHANG);
  const int64_t end = context.Now();
  if (got != static_cast<ssize_t>(sizeof info) || static_cast<pid_t>(info.ssi_pid) != child.Pid())
    context.Refuse("signalfd(2) told of another child: read gave", got);
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

// ---- nobody reaps: the kernel releases the child itself

void NeedIgnored(Context&) { signal(SIGCHLD, SIG_IGN); }

void NeedNoWait(Context&) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  action.sa_flags = SA_NOCLDWAIT;
  sigaction(SIGCHLD, &action, nullptr);
}

// wait4(2) blocks until no child is left, then says ECHILD. The status is nobody's: that the child
// left its time proves that it ran to its end.
int64_t ByItself(Context& context) {
  ToldChild child(context);
  child.Release(context);
  const pid_t reaped = waitpid(child.Pid(), nullptr, 0);
  const int64_t end = context.Now();
  if (reaped != -1 || errno != ECHILD) context.Refuse("a child remained to be reaped: pid", reaped);
  if (context.pages->stamp == 0)
    context.Refuse("the child ended before its time: pid", child.Pid());
  ++context.children;
  return SinceItsEnd(context, end);
}

constexpr FaultRange kFaults = {2, 64};

#define PROCMARK_NOTIFY_BY(by, what, prepare, tags, sample, parameter, uncounted)              \
  {                                                                                            \
    "reap/notify:" by "/from:child_exit/to:reaped",                                            \
        "Measures the end of a child whose parent " what                                       \
        ", from the child's last clock read before _exit until the parent has reaped it. Not " \
        "timed: the child's creation.",                                                        \
        "reap", Edge::kChildExit, Edge::kReaped, "libc", tags, "", 1, 1, kFaults, prepare,     \
        Repeat<sample>, parameter, uncounted                                                   \
  }
#define PROCMARK_NOTIFY(by, what, prepare, tags, sample) \
  PROCMARK_NOTIFY_BY(by, what, prepare, tags, sample, "", Uncounted::kNothing)
#define PROCMARK_EPOLL(count)                                                                  \
  PROCMARK_NOTIFY_BY("epoll/pidfds:" count,                                                    \
                     "waits by epoll for " count                                               \
                     " pidfds, all but one of a child that lives, then reaps it by waitid(2)", \
                     NeedEpoll, "reap", ByEpoll, "pidfds", Uncounted::kNothing)

PROCMARK_BENCHMARKS kLibcNotify[] = {
    PROCMARK_NOTIFY("waitpid", "is blocked in waitpid(3)", nullptr, "core,reap", ByWait),
    PROCMARK_NOTIFY("waitid_pidfd", "is blocked in waitid(2) with P_PIDFD", NeedPidfd, "reap",
                    ByWaitIdPidfd),
    PROCMARK_NOTIFY("pidfd_poll", "polls its pidfd, then reaps it by waitid(2)", NeedPidfd,
                    "core,reap", ByPoll),
    PROCMARK_EPOLL("1"),
    PROCMARK_EPOLL("16"),
    PROCMARK_EPOLL("256"),
    PROCMARK_NOTIFY("pipe", "reads the end of file of a pipe that the child holds, then reaps it",
                    nullptr, "reap", ByPipe),
    PROCMARK_NOTIFY("sigchld_handler", "sleeps in sigsuspend(2) with a handler, then reaps it",
                    NeedHandler, "reap", ByHandler),
    PROCMARK_NOTIFY("sigwaitinfo", "sleeps in sigwaitinfo(2), then reaps it", NeedBlocked, "reap",
                    BySigwaitinfo),
    PROCMARK_NOTIFY("signalfd", "reads a signalfd(2), then reaps it", NeedSignalfd, "reap",
                    BySignalfd),
    PROCMARK_NOTIFY_BY("sig_ign",
                       "ignores SIGCHLD, so that the kernel reaps it, and waits for ECHILD",
                       NeedIgnored, "reap", ByItself, "", Uncounted::kUsage),
    PROCMARK_NOTIFY_BY("nocldwait",
                       "has set SA_NOCLDWAIT, so that the kernel reaps it, and waits for ECHILD",
                       NeedNoWait, "reap", ByItself, "", Uncounted::kUsage)};

}  // namespace
}  // namespace procmark::subject

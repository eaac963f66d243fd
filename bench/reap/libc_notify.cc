// SPDX-License-Identifier: MIT
// All ways in which a parent learns that its child has ended, from the child's last clock read
// until the parent has reaped it.
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
  if (pidfd < 0) context.Refuse("no pidfd could be opened: errno", errno);
  return static_cast<int>(pidfd);
}

void NeedPidfd(Context& context) {
  const long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
  if (pidfd < 0) context.Skip("this kernel has no pidfd_open(2) (since Linux 5.3)", errno);
  close(static_cast<int>(pidfd));
}

// ---- the parent is blocked in the wait

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

// ---- a descriptor reports the end, then a wait reaps

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

struct Epoll {
  int set;
};

// An epoll set with context.amount - 1 pidfds, all of one child that lives as long as this process.
void NeedEpoll(Context& context, Epoll& epoll) {
  NeedPidfd(context);
  const int set = epoll_create1(0);
  if (set < 0) context.Refuse("no epoll set could be created: errno", errno);
  int life[2] = {-1, -1};
  if (pipe(life) != 0) context.Refuse("no pipe could be opened: errno", errno);
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
      context.Refuse("the epoll set did not accept a pidfd: errno", errno);
  }
  epoll.set = set;
}

int64_t ByEpoll(Context& context, const Epoll& epoll) {
  const int set = epoll.set;
  siginfo_t info{};
  ToldChild child(context);
  const int pidfd = OpenPidfd(context, child.Pid());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = pidfd;
  if (epoll_ctl(set, EPOLL_CTL_ADD, pidfd, &event) != 0)
    context.Refuse("the epoll set did not accept a pidfd: errno", errno);
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

// Waits for the end of file on a pipe that the child holds.
int64_t ByPipe(Context& context) {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) context.Refuse("no pipe could be opened: errno", errno);
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
    context.Refuse("sigwaitinfo(2) reported another child: signal", signal);
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

struct Signalfd {
  int fd;
};

void NeedSignalfd(Context& context, Signalfd& state) {
  NeedBlocked(context);
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  const int fd = signalfd(-1, &chld, 0);
  if (fd < 0) context.Skip("this kernel has no signalfd(2)", errno);
  state.fd = fd;
}

int64_t BySignalfd(Context& context, const Signalfd& state) {
  signalfd_siginfo info{};
  ToldChild child(context);
  child.Release(context);
  const ssize_t got = read(state.fd, &info, sizeof info);
  const pid_t reaped = waitpid(child.Pid(), &context.status, WNOHANG);
  const int64_t end = context.Now();
  if (got != static_cast<ssize_t>(sizeof info) || static_cast<pid_t>(info.ssi_pid) != child.Pid())
    context.Refuse("signalfd(2) reported another child: read gave", got);
  context.CheckChild(child.Pid(), reaped);
  return SinceItsEnd(context, end);
}

// ---- no process reaps: the kernel releases the child itself

void NeedIgnored(Context&) { signal(SIGCHLD, SIG_IGN); }

void NeedNoWait(Context&) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  action.sa_flags = SA_NOCLDWAIT;
  sigaction(SIGCHLD, &action, nullptr);
}

// waitpid(3) blocks until no child is left, then fails with ECHILD. There is no status to check;
// the time that the child stored proves that it ran to its end.
int64_t ByItself(Context& context) {
  ToldChild child(context);
  child.Release(context);
  const pid_t reaped = waitpid(child.Pid(), nullptr, 0);
  const int64_t end = context.Now();
  if (reaped != -1 || errno != ECHILD) context.Refuse("a child was left to be reaped: pid", reaped);
  if (context.pages->stamp == 0)
    context.Refuse("the child ended and stored no time: pid", child.Pid());
  ++context.children;
  return SinceItsEnd(context, end);
}

// ---- the benchmarks

struct Fields {
  Tag tags = Tag::kNone;
  const char* parameter = nullptr;
  Uncounted uncounted = Uncounted::kNothing;
};

template <Literal kBy, Literal kWhat, auto kSample, auto kPrepare = nullptr>
consteval Benchmark Notify(Fields fields = {}) {
  return {.name = Join<"reap/notify:", kBy, "/from:child_exit/to:reaped">,
          .measures = Join<"the end of a child whose parent ", kWhat,
                           ", from the child's last clock read before _exit until the parent has "
                           "reaped it">,
          .not_timed = "the child's creation",
          .from = Edge::kChildExit,
          .to = Edge::kReaped,
          .tags = fields.tags,
          .parameter = fields.parameter,
          .children = 1,
          .faults = {2, 64},
          .uncounted = fields.uncounted,
          .run = Repeat<kSample, kPrepare>};
}

template <Literal kCount>
consteval Benchmark NotifyByEpoll() {
  return Notify<kJoined<"epoll/pidfds:", kCount>,
                kJoined<"waits by epoll for ", kCount,
                        " pidfds, of which only one is the child's, then reaps it by waitid(2)">,
                ByEpoll, NeedEpoll>({.parameter = "pidfds"});
}

PROCMARK_BENCHMARKS kLibcNotify = List(
    Notify<"waitpid", "is blocked in waitpid(3)", ByWait>({.tags = Tag::kCore}),
    Notify<"waitid_pidfd", "is blocked in waitid(2) with P_PIDFD", ByWaitIdPidfd, NeedPidfd>(),
    Notify<"pidfd_poll", "polls its pidfd, then reaps it by waitid(2)", ByPoll, NeedPidfd>(
        {.tags = Tag::kCore}),
    NotifyByEpoll<"1">(), NotifyByEpoll<"16">(), NotifyByEpoll<"256">(),
    Notify<"pipe", "reads the end of file of a pipe that the child holds, then reaps it", ByPipe>(),
    Notify<"sigchld_handler", "sleeps in sigsuspend(2) with a handler, then reaps it", ByHandler,
           NeedHandler>(),
    Notify<"sigwaitinfo", "sleeps in sigwaitinfo(2), then reaps it", BySigwaitinfo, NeedBlocked>(),
    Notify<"signalfd", "reads a signalfd(2), then reaps it", BySignalfd, NeedSignalfd>(),
    Notify<"sig_ign", "ignores SIGCHLD, so that the kernel reaps it, and waits for ECHILD",
           ByItself, NeedIgnored>({.uncounted = Uncounted::kUsage}),
    Notify<"nocldwait", "has set SA_NOCLDWAIT, so that the kernel reaps it, and waits for ECHILD",
           ByItself, NeedNoWait>({.uncounted = Uncounted::kUsage}));

}  // namespace
}  // namespace procmark::subject

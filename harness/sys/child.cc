// SPDX-License-Identifier: MIT
#include "harness/sys/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/sys/interrupt.h"

namespace procmark::sys {
namespace {

Result<Fd> OpenPidFd(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return LastError("pidfd_open");
  return Fd(static_cast<int>(fd));
}

// In the new child: makes its descriptors exactly what the options say. `spare` is above all of
// them. Returns false with errno set.
bool ArrangeFds(const std::map<int, int>& wanted, int* report) {
  int highest = 2;
  for (const auto& [target, source] : wanted) highest = std::max({highest, target, source});
  const int moved = ::fcntl(*report, F_DUPFD_CLOEXEC, highest + 1);
  if (moved < 0) return false;
  *report = moved;
  std::map<int, int> lifted;
  for (const auto& [target, source] : wanted) {
    const int copy = ::fcntl(source, F_DUPFD_CLOEXEC, highest + 1);
    if (copy < 0) return false;
    lifted[target] = copy;
  }
  for (int standard = 0; standard <= 2; ++standard) {
    if (lifted.contains(standard)) continue;
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return false;
    const int copy = ::fcntl(null, F_DUPFD_CLOEXEC, highest + 1);
    if (copy < 0) return false;
    lifted[standard] = copy;
    ::close(null);
  }
  for (const auto& [target, source] : lifted) {
    if (::dup2(source, target) < 0) return false;
  }
  return true;
}

[[noreturn]] void ExecOrReport(const std::vector<std::string>& argv, const Child::Options& options,
                               int report, pid_t parent) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  bool ok = !options.own_process_group || ::setpgid(0, 0) == 0;
  if (ok && options.die_with_parent) {
    ok = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    if (ok && ::getppid() != parent) ::_exit(127);  // it died before the prctl
  }
  ok = ok && ArrangeFds(options.fds, &report);
  for (const auto& [name, value] : options.environment) {
    if (value.empty()) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (ok) ::execvp(arguments[0], arguments.data());
  const int error = errno;
  (void)WriteAll(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Child::Child(Child&& other) noexcept
    : pid_(other.pid_),
      pidfd_(std::move(other.pidfd_)),
      own_group_(other.own_group_),
      group_ends_with_it_(other.group_ends_with_it_),
      owned_(std::exchange(other.owned_, false)),
      status_(other.status_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    KillAndReap();
    pid_ = other.pid_;
    pidfd_ = std::move(other.pidfd_);
    own_group_ = other.own_group_;
    group_ends_with_it_ = other.group_ends_with_it_;
    owned_ = std::exchange(other.owned_, false);
    status_ = other.status_;
  }
  return *this;
}

Child::~Child() { KillAndReap(); }

Result<Child> Child::Spawn(const std::vector<std::string>& argv, const Options& options) {
  if (argv.empty()) return Error{"exec of an empty command", EINVAL};
  Result<Pipe> report = Pipe::Create();
  if (!report) return report.Failure();
  const pid_t parent = ::getpid();
  const pid_t number = ::fork();
  if (number < 0) return LastError("fork");
  if (number == 0) ExecOrReport(argv, options, report.Value().write.Get(), parent);
  report.Value().write.Close();
  Child child(*Pid::From(number), Fd(), options.own_process_group,
              options.own_process_group && options.group_ends_with_it);
  Result<Fd> pidfd = OpenPidFd(number);
  if (!pidfd) return pidfd.Failure();
  child.pidfd_ = std::move(pidfd).Value();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report.Value().read.Get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof error)) return Error{"exec", error};
  return child;
}

Result<Child> Child::Fork(const std::function<int()>& body) {
  const pid_t number = ::fork();
  if (number < 0) return LastError("fork");
  if (number == 0) ::_exit(body());
  Child child(*Pid::From(number), Fd(), false, false);
  Result<Fd> pidfd = OpenPidFd(number);
  if (!pidfd) return pidfd.Failure();
  child.pidfd_ = std::move(pidfd).Value();
  return child;
}

Result<std::optional<int>> Child::Wait(Deadline deadline) {
  if (status_) return status_;
  while (true) {
    pollfd ended{pidfd_.Get(), POLLIN, 0};
    const int ready = ::poll(&ended, 1, deadline.PollTimeoutMs());
    if (ready < 0 && errno != EINTR) return LastError("poll");
    if (ready > 0) break;
    if (deadline.Expired()) return std::optional<int>();
  }
  // The group's id is pinned while its leader, our child, is not reaped.
  if (group_ends_with_it_) ::kill(-pid_.Number(), SIGKILL);
  int status = 0;
  while (::waitpid(pid_.Number(), &status, 0) < 0) {
    if (errno != EINTR) return LastError("waitpid");
  }
  status_ = status;
  return status_;
}

Result<void> Child::Signal(int signal) const {
  if (status_) return Error{"pidfd_send_signal", ESRCH};
  if (::syscall(SYS_pidfd_send_signal, pidfd_.Get(), signal, nullptr, 0) != 0) {
    return LastError("pidfd_send_signal");
  }
  return {};
}

void Child::KillAndReap() {
  if (!owned_ || status_) return;
  // The group first: its id is pinned while its leader, our child, is not reaped.
  if (own_group_) ::kill(-pid_.Number(), SIGKILL);
  if (pidfd_.Valid()) {
    (void)Signal(SIGKILL);
  } else {
    ::kill(pid_.Number(), SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid_.Number(), &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

std::string DescribeWaitStatus(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return "killed by signal " + std::to_string(WTERMSIG(status)) +
           (name != nullptr ? " (SIG" + std::string(name) + ")" : std::string());
  }
  return "wait status " + std::to_string(status);
}

Result<CommandOutput> RunCommand(const std::vector<std::string>& argv, Deadline deadline,
                                 const std::map<std::string, std::string>& environment) {
  Result<Pipe> out = Pipe::Create();
  if (!out) return out.Failure();
  Result<Pipe> err = Pipe::Create();
  if (!err) return err.Failure();
  Child::Options options;
  options.fds = {{1, out.Value().write.Get()}, {2, err.Value().write.Get()}};
  options.environment = environment;
  Result<Child> child = Child::Spawn(argv, options);
  if (!child) return child.Failure();
  out.Value().write.Close();
  err.Value().write.Close();
  CommandOutput output;
  std::array<pollfd, 3> streams{pollfd{out.Value().read.Get(), POLLIN, 0},
                                pollfd{err.Value().read.Get(), POLLIN, 0},
                                pollfd{Interrupt::PollFd(), POLLIN, 0}};
  const std::array<std::string*, 2> sinks{&output.out, &output.err};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    if (deadline.Expired()) return Error{"command", ETIMEDOUT};
    if (Interrupt::Requested()) return Error{"command", EINTR};
    if (::poll(streams.data(), streams.size(), deadline.PollTimeoutMs()) < 0 && errno != EINTR) {
      return LastError("poll");
    }
    for (size_t i = 0; i < sinks.size(); ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = ::read(streams[i].fd, buffer.data(), buffer.size());
      if (got > 0) sinks[i]->append(buffer.data(), static_cast<size_t>(got));
      if (got == 0 || (got < 0 && errno != EINTR)) streams[i].fd = -1;
    }
  }
  Result<std::optional<int>> status = child.Value().Wait(deadline);
  if (!status) return status.Failure();
  if (!status.Value()) return Error{"command", ETIMEDOUT};
  output.status = *status.Value();
  return output;
}

}  // namespace procmark::sys

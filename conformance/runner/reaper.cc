// SPDX-License-Identifier: MIT
#include "conformance/runner/reaper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>

#include "conformance/runner/body.h"
#include "conformance/runner/outcome.h"
#include "conformance/vocabulary/tasks.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/deadline.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

// The descriptor of the report pipe in the test: far above the numbers that tests use, where the
// limit of open files allows it.
constexpr int kHighestReportFd = 250;
int report_fd = kHighestReportFd;
// Processes count as left behind when they outlive the test by more than this part of the deadline.
constexpr long long kGracePart = 4;
// A killed process ends as soon as it gets a CPU, so only an uninterruptible sleep takes this long.
constexpr long long kKillPatienceMs = 30'000;

void Report(const ReportRecord& record) {
  const std::string line = EncodeRecord(record);
  (void)sys::WriteAll(report_fd, line.data(), line.size());
}

// The signal that the kernel sends when the runner dies. SIGKILL to the init of a pid namespace
// ends the whole namespace. Without a namespace the reaper waits for SIGHUP, which it blocks, and
// kills the session itself.
int DeathSignal(Isolation isolation) { return isolation == Isolation::kNone ? SIGHUP : SIGKILL; }

// Makes the reaper end with the runner, also when the runner was killed before this call.
void EndWithRunner(const ReaperTask& task) {
  if (::prctl(PR_SET_PDEATHSIG, DeathSignal(task.isolation)) != 0) ::_exit(1);
  pollfd runner{task.runner_pidfd, POLLIN, 0};
  if (::poll(&runner, 1, 0) != 0) ::_exit(1);
}

sigset_t AwaitedSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  ::sigaddset(&signals, SIGHUP);
  return signals;
}

// Sets up the descriptors of the test: 0 is /dev/null, 1 and 2 are the output file, and report_fd
// is the report pipe. Closes all others.
bool ArrangeDescriptors(const ReaperTask& task) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kHighestReportFd + 2) {
    report_fd = static_cast<int>(limit.rlim_cur) - 2;  // one more number is needed below
  }
  const int report = ::fcntl(task.report_fd, F_DUPFD_CLOEXEC, report_fd + 1);
  if (report < 0 || ::dup3(report, report_fd, O_CLOEXEC) < 0) return false;
  if (::dup2(task.output_fd, 1) < 0 || ::dup2(task.output_fd, 2) < 0) return false;
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null > 0) ::dup2(null, 0);
  return ::syscall(SYS_close_range, 3u, static_cast<unsigned>(report_fd - 1), 0) == 0 &&
         ::syscall(SYS_close_range, static_cast<unsigned>(report_fd + 1), ~0u, 0) == 0;
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  const sigset_t awaited = AwaitedSignals();
  ::sigprocmask(SIG_SETMASK, &awaited, nullptr);  // sigtimedwait takes them
}

// Reaps every child that has ended. Returns the raw status of `wanted` if it is one of them.
std::optional<int> ReapEnded(pid_t wanted) {
  std::optional<int> found;
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
    if (pid == wanted) found = status;
  }
  return found;
}

// Waits until a child changes state, but not longer than `most_ms`. Ends the calling process when
// the runner died.
void AwaitSomeChild(const sys::Deadline& deadline, int most_ms) {
  const sigset_t awaited = AwaitedSignals();
  const int left_ms = deadline.PollTimeoutMs();
  const int wait_ms = std::min(left_ms, most_ms);
  const timespec timeout{wait_ms / 1000, (wait_ms % 1000) * 1'000'000L};
  if (::sigtimedwait(&awaited, nullptr, &timeout) == SIGHUP) {
    KillSession(::getpid());
    ::_exit(1);
  }
}

std::optional<int> AwaitBody(pid_t body, const sys::Deadline& deadline) {
  while (true) {
    if (const std::optional<int> status = ReapEnded(body)) return status;
    if (deadline.Expired()) return {};
    AwaitSomeChild(deadline, 1000);
  }
}

// All processes of the test except the caller. Without a pid namespace, zombies of another parent
// do not count: the init of the machine reaps them.
std::vector<pid_t> OtherProcesses(pid_t session) {
  std::vector<pid_t> processes = ListProcesses(::getpid(), session);
  if (session == 0) return processes;
  std::erase_if(processes, [](pid_t pid) {
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
    return !stat || (stat.Value().state == 'Z' && stat.Value().ParentPid() != ::getpid());
  });
  return processes;
}

// Describes the processes that outlive the test by more than `grace_ms`; empty when there are none.
std::string SurvivorsAfterGrace(pid_t session, long long grace_ms) {
  const sys::Deadline grace = sys::Deadline::After(grace_ms);
  while (true) {
    (void)ReapEnded(0);
    const std::vector<pid_t> others = OtherProcesses(session);
    if (others.empty()) return {};
    if (grace.Expired()) return DescribeTasks(others);
    AwaitSomeChild(grace, 5);
  }
}

std::string FilesLeftInTmp() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/tmp"), ::closedir);
  std::string files;
  if (folder == nullptr) return files;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") files += "  /tmp/" + name + "\n";
  }
  return files;
}

// The System V objects of this ipc namespace. Each file has a heading, then a line per object.
std::string IpcObjectsLeft() {
  std::string left;
  for (const char* kind : {"shm", "sem", "msg"}) {
    const sys::Result<std::string> text = sys::ReadSmallFile(std::string("/proc/sysvipc/") + kind);
    if (!text) continue;
    const auto lines = std::count(text.Value().begin(), text.Value().end(), '\n');
    if (lines > 1) left += "  " + std::to_string(lines - 1) + " SysV " + kind + " object(s)\n";
  }
  return left;
}

void ReportLeaks(const ReaperTask& task, pid_t session) {
  const std::string survivors = SurvivorsAfterGrace(session, task.deadline_ms / kGracePart);
  if (!survivors.empty()) Report({ReportRecord::Kind::kLeak, "living processes:\n" + survivors});
  if (task.isolation == Isolation::kNone) return;
  const std::string files = FilesLeftInTmp();
  if (!files.empty()) Report({ReportRecord::Kind::kLeak, "files:\n" + files});
  const std::string objects = IpcObjectsLeft();
  if (!objects.empty()) Report({ReportRecord::Kind::kLeak, "ipc objects:\n" + objects});
}

[[noreturn]] void BecomeBody(const ReaperTask& task) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)::setpgid(0, 0);
  // The reaper uses the last fifth of the time to describe the tasks that still exist.
  SetTestDeadline(sys::Deadline::After(task.deadline_ms - task.deadline_ms / 5));
  RunTestBody(task.test, report_fd);
}

}  // namespace

void KillSession(pid_t session) {
  const sys::Deadline deadline = sys::Deadline::After(kKillPatienceMs);
  while (!deadline.Expired()) {
    bool found = false;
    for (const pid_t pid : OtherProcesses(session)) {
      const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
      // Checked after pidfd_open, because another process may have got this pid.
      if (!pidfd.Valid() || !stat || stat.Value().Session() != session) continue;
      if (stat.Value().state == 'Z') continue;
      found = true;
      ::syscall(SYS_pidfd_send_signal, pidfd.Get(), SIGKILL, nullptr, 0);
    }
    (void)ReapEnded(0);
    if (!found) return;
    AwaitSomeChild(deadline, 5);
  }
}

void RunReaper(const ReaperTask& task) {
  ResetSignals();
  EndWithRunner(task);
  (void)::setsid();
  if (!ArrangeDescriptors(task)) ::_exit(1);
  const sys::Result<void> entered = EnterIsolation(task.isolation, task.uid, task.gid);
  if (!entered) {
    Report({ReportRecord::Kind::kNoSetup, entered.Failure().Text()});
    ::_exit(1);
  }
  const pid_t session = task.isolation == Isolation::kNone ? ::getpid() : 0;
  SetTaskSession(session);
  const sys::Deadline deadline = sys::Deadline::After(task.deadline_ms);
  const pid_t body = ::fork();
  if (body < 0) {
    Report({ReportRecord::Kind::kNoSetup, sys::LastError("fork").Text()});
    ::_exit(1);
  }
  if (body == 0) BecomeBody(task);
  const std::optional<int> status = AwaitBody(body, deadline);
  if (status) {
    ReportLeaks(task, session);
    Report({ReportRecord::Kind::kStatus, "", *status});
  } else {
    Report({ReportRecord::Kind::kTimeout, DescribeTasks(OtherProcesses(session))});
  }
  if (session != 0) KillSession(session);
  ::_exit(0);
}

}  // namespace procmark::conformance

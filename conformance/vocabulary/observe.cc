// SPDX-License-Identifier: MIT
// /proc, wait4 and waitid.
#include "conformance/vocabulary/observe.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

// One look at a task: its letter, and how often it has been switched out.
struct Look {
  char state = '?';
  std::string switches;
};

std::string SwitchLines(const std::string& status) {
  const size_t at = status.find("voluntary_ctxt_switches");
  return at == std::string::npos ? std::string() : status.substr(at);
}

sys::Result<Look> LookAt(const std::string& folder) {
  const sys::Result<std::string> status = sys::ReadSmallFile(folder + "/status");
  if (!status) return status.Failure();
  const sys::Result<std::string> text = sys::ReadSmallFile(folder + "/stat");
  if (!text) return text.Failure();
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Parse(text.Value());
  if (!stat) return stat.Failure();
  return Look{stat.Value().state, SwitchLines(status.Value())};
}

void PauseBetweenLooks() {
  const timespec pause{0, 1'000'000};
  ::nanosleep(&pause, nullptr);
}

testing::AssertionResult AwaitIn(const std::string& folder, std::string_view states) {
  Look last;
  while (true) {
    const sys::Result<Look> look = LookAt(folder);
    if (!look) {
      return testing::AssertionFailure()
             << folder << ": expected state " << states << ", observed: " << look.Failure().Text();
    }
    const Look& now = look.Value();
    const bool wanted = states.find(now.state) != std::string_view::npos;
    if (wanted && now.state == last.state && (now.state == 'R' || now.switches == last.switches)) {
      return testing::AssertionSuccess() << folder << " is in state " << now.state;
    }
    if (TestDeadline().Expired()) {
      return testing::AssertionFailure() << folder << ": expected state " << states << ", observed "
                                         << now.state << " until the deadline";
    }
    last = now;
    PauseBetweenLooks();
  }
}

}  // namespace

std::string ProcPath(pid_t pid, std::string_view file) {
  std::string path = "/proc/" + std::to_string(pid);
  if (!file.empty()) path.append("/").append(file);
  return path;
}

std::string TaskPath(pid_t pid, pid_t tid, std::string_view file) {
  std::string path = ProcPath(pid) + "/task/" + std::to_string(tid);
  if (!file.empty()) path.append("/").append(file);
  return path;
}

testing::AssertionResult AwaitState(pid_t pid, std::string_view states) {
  return AwaitIn(ProcPath(pid), states);
}

testing::AssertionResult AwaitThreadState(pid_t pid, pid_t tid, std::string_view states) {
  return AwaitIn(TaskPath(pid, tid), states);
}

testing::AssertionResult AwaitGone(pid_t pid) {
  while (::access(ProcPath(pid).c_str(), F_OK) == 0) {
    if (TestDeadline().Expired()) {
      return testing::AssertionFailure() << ProcPath(pid) << " is still there at the deadline";
    }
    PauseBetweenLooks();
  }
  return testing::AssertionSuccess();
}

sys::ProcStat Stat(pid_t pid) {
  sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
  if (!stat) ThrowErrno("read of /proc/PID/stat", stat.Failure().error_number);
  return std::move(stat).Value();
}

std::string StatusLine(pid_t pid, std::string_view name) {
  sys::Result<std::string> value = sys::ReadProcStatus(pid, name);
  if (value) return std::move(value).Value();
  if (value.Failure().error_number != ENODATA) {
    ThrowErrno("read of /proc/PID/status", value.Failure().error_number);
  }
  return {};
}

Waited Wait4(pid_t pid, int options) {
  Waited waited;
  waited.status = kUntouched;
  waited.pid =
      static_cast<pid_t>(::syscall(SYS_wait4, pid, &waited.status, options, &waited.usage));
  if (waited.pid < 0) waited.error = errno;
  return waited;
}

WaitedId WaitId(int idtype, pid_t id, int options) {
  WaitedId waited;
  std::memset(&waited.info, 0xa5, sizeof waited.info);
  std::memset(&waited.usage, 0xa5, sizeof waited.usage);
  waited.result =
      static_cast<int>(::syscall(SYS_waitid, idtype, id, &waited.info, options, &waited.usage));
  if (waited.result < 0) waited.error = errno;
  return waited;
}

testing::AssertionResult HasNoChild() {
  const Waited waited = Wait4(-1, WNOHANG | __WALL);
  if (waited.error == ECHILD) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << (waited.pid > 0 ? "there is a dead child, " + std::to_string(waited.pid)
                            : "there is a living child");
}

}  // namespace procmark::conformance

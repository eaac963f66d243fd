// SPDX-License-Identifier: MIT
#include "e2e/tool.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <sstream>

#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::e2e {
namespace {

constexpr long long kRunDeadlineMs = 900'000;

// What run.sh may have set, in a known state: an empty variable counts as one that is not set.
std::map<std::string, std::string> Environment() {
  return {{"PROCMARK_PROJECT", PROCMARK_ROOT},
          {"PROCMARK_BUILD", ""},
          {"PROCMARK_RESULTS", ""},
          {"PROCMARK_CALLED_AS", ""}};
}

// One child of this process, or -1.
pid_t AnyChild() {
  const std::string task = std::to_string(::getpid());
  const sys::Result<std::string> children =
      sys::ReadSmallFile("/proc/" + task + "/task/" + task + "/children");
  pid_t child = -1;
  if (children) std::istringstream(children.Value()) >> child;
  return child;
}

}  // namespace

Tool::Tool() : folder_(sys::TempDir::Create().Value()), results_(folder_.Path() / "results") {}

std::vector<std::string> Tool::Argv(const std::vector<std::string>& words) const {
  std::vector<std::string> argv = {PROCMARK_TOOL, "--results", results_.string()};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

Answer Tool::Run(const std::vector<std::string>& words) const {
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand(Argv(words), sys::Deadline::After(kRunDeadlineMs), Environment());
  if (!output) return {-1, "", output.Failure().Text()};
  const int status = output.Value().status;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.Value().out, output.Value().err};
}

sys::Child Tool::Start(const std::vector<std::string>& words, int stderr_fd) const {
  sys::Child::Options options;
  options.environment = Environment();
  if (stderr_fd >= 0) options.fds[2] = stderr_fd;
  return sys::Child::Spawn(Argv(words), options).Value();
}

void AdoptOrphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool NothingLeftRunning(long long deadline_ms) {
  const sys::Deadline deadline = sys::Deadline::After(deadline_ms);
  for (pid_t child = AnyChild(); child > 0; child = AnyChild()) {
    const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    pollfd ended{pidfd.Get(), POLLIN, 0};
    if (::poll(&ended, 1, deadline.PollTimeoutMs()) <= 0 && errno != EINTR) return false;
    ::waitpid(child, nullptr, WNOHANG);
  }
  return true;
}

}  // namespace procmark::e2e

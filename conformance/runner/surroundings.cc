// SPDX-License-Identifier: MIT
#include "conformance/runner/surroundings.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/process.h"
#include "harness/sys/result.h"

namespace procmark::conformance {
namespace {

// More than the processes or descriptors that any test of the core set has at one time.
constexpr size_t kProcessesNeeded = 150;
constexpr rlim_t kDescriptorsNeeded = 256;

// Runs `body` in a child. Its exit status, which is an errno or 0; the errno of fork(2) when there
// is no child.
template <typename Body>
int InChild(Body body) {
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) ::_exit(body());
  int status = 0;
  while (::waitpid(pid, &status, __WALL) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

std::string TextOfErrno(const char* call, int error) { return sys::Error{call, error}.Text(); }

std::string WhyNoClone3() {
  const int error = InChild([] {
    CloneArguments arguments;
    arguments.exit_signal = SIGCHLD;
    const pid_t pid = RawClone3(arguments);
    if (pid == 0) ::_exit(0);
    const int refusal = pid < 0 ? errno : 0;
    if (pid > 0) ::waitpid(pid, nullptr, __WALL);
    return refusal;
  });
  if (error != ENOSYS && error != EPERM) return "";
  return "this machine refuses clone3(2) to every process (" + TextOfErrno("clone3", error) +
         "; the seccomp filter of an old container runtime does)";
}

// Seizes a child of the caller.
int TryPtrace() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    PauseForever();
  }
  const int error = ::ptrace(PTRACE_SEIZE, child, nullptr, nullptr) == 0 ? 0 : errno;
  ::kill(child, SIGKILL);  // safe: the child is not reaped yet, so the pid is still its own
  while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return error;
}

std::string WhyNoPtrace() {
  const int error = InChild(TryPtrace);
  if (error != EPERM && error != EACCES && error != ENOSYS) return "";
  const std::string scope = TextOf("/proc/sys/kernel/yama/ptrace_scope");
  return "this machine refuses ptrace(2) of own children (" + TextOfErrno("PTRACE_SEIZE", error) +
         (scope.empty() ? "" : "; kernel.yama.ptrace_scope is " + scope.substr(0, 1)) + ")";
}

std::string TracerAbove() {
  const long tracer = ValueIn(TextOf("/proc/self/status"), "TracerPid", 0);
  if (tracer == 0) return "";
  std::string name = TextOf("/proc/" + std::to_string(tracer) + "/comm");
  if (!name.empty()) name.pop_back();
  return "the tests run under a tracer (" + name + ", pid " + std::to_string(tracer) +
         "), which sees and delays their stops, signals and waits";
}

// Makes `count` short-lived processes that exist at the same time. The errno of the first that the
// machine refuses, or 0.
int MakeProcesses(size_t count) {
  constexpr size_t kStackBytes = 16384;
  const auto stack = std::make_unique<char[]>(kStackBytes);
  const auto end = [](void*) { return 0; };
  int error = 0;
  std::vector<pid_t> made;
  while (made.size() < count && error == 0) {
    // A child is a zombie until the loop below reaps it, and counts until then. CLONE_VFORK: the
    // children use the stack one after the other.
    const pid_t pid =
        ::clone(end, stack.get() + kStackBytes, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
    if (pid > 0) made.push_back(pid);
    if (pid < 0) error = errno;
  }
  for (const pid_t pid : made) ::waitpid(pid, nullptr, __WALL);
  return error;
}

std::string TooFewProcesses() {
  const int error = InChild([] { return MakeProcesses(kProcessesNeeded); });
  if (error != EAGAIN && error != ENOMEM) return "";
  return "this user or cgroup may not have " + std::to_string(kProcessesNeeded) +
         " more processes (" + TextOfErrno("clone", error) +
         "; see ulimit -u, and pids.max of the cgroup)";
}

std::string LowLimit(__rlimit_resource resource, rlim_t needed, const char* what) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur >= needed) return "";
  return std::string("the hard limit of ") + what + " is " + std::to_string(limit.rlim_max) +
         ", and the tests need " + (needed == RLIM_INFINITY ? "no limit" : std::to_string(needed));
}

}  // namespace

Surroundings ProbeSurroundings() {
  Surroundings found;
  found.no_clone3 = WhyNoClone3();
  found.no_ptrace = WhyNoPtrace();
  constexpr rlim_t kMebibyte = 1 << 20;
  for (const std::string& spoiler :
       {TracerAbove(), TooFewProcesses(),
        LowLimit(RLIMIT_NOFILE, kDescriptorsNeeded, "open files (ulimit -n)"),
        LowLimit(RLIMIT_SIGPENDING, 64, "pending signals (ulimit -i)"),
        LowLimit(RLIMIT_FSIZE, 64 * kMebibyte, "the size of a file in bytes (ulimit -f)"),
        LowLimit(RLIMIT_STACK, kMebibyte, "the stack in bytes (ulimit -s)"),
        LowLimit(RLIMIT_DATA, 1024 * kMebibyte, "data in bytes (ulimit -d)"),
        LowLimit(RLIMIT_AS, 4096 * kMebibyte, "memory in bytes (ulimit -v)")}) {
    if (!spoiler.empty()) found.spoilers.push_back(spoiler);
  }
  return found;
}

std::string Surroundings::Excuse(const RefusalNotes& notes) const {
  if (!no_clone3.empty() && notes.Has(Refusal::kClone3)) return no_clone3;
  if (!no_ptrace.empty() && notes.Has(Refusal::kPtrace)) return no_ptrace;
  std::string all;
  for (const std::string& spoiler : spoilers) all += (all.empty() ? "" : "; ") + spoiler;
  return all;
}

}  // namespace procmark::conformance

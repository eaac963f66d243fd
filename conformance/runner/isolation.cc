// SPDX-License-Identifier: MIT
#include "conformance/runner/isolation.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "conformance/vocabulary/process.h"
#include "harness/sys/complaint.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::conformance {
namespace {

constexpr uint64_t kNamespaceFlags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;

sys::Result<void> WriteFile(const char* path, const std::string& text, const char* operation) {
  const sys::Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file.Valid()) return sys::LastError(operation);
  if (::write(file.Get(), text.data(), text.size()) < 0) return sys::LastError(operation);
  return {};
}

// Maps the caller's uid and gid to themselves: a test sees what an ordinary user of this machine
// sees, but has the capabilities of its user namespace.
sys::Result<void> MapSelf(uid_t uid, gid_t gid) {
  const std::string uid_line = std::to_string(uid) + " " + std::to_string(uid) + " 1";
  const std::string gid_line = std::to_string(gid) + " " + std::to_string(gid) + " 1";
  sys::Result<void> done = WriteFile("/proc/self/setgroups", "deny", "deny of setgroups");
  if (done) done = WriteFile("/proc/self/uid_map", uid_line, "write of uid_map");
  if (done) done = WriteFile("/proc/self/gid_map", gid_line, "write of gid_map");
  return done;
}

// Enters `kind` in a short-lived process. Returns its errno, or 0 when it works.
int TryIsolation(Isolation kind) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  sys::Fd pidfd;
  const sys::Result<pid_t> pid = ForkIsolated(kind, &pidfd);
  if (!pid) return pid.Failure().error_number;
  if (pid.Value() == 0) {
    const sys::Result<void> entered = EnterIsolation(kind, uid, gid);
    ::_exit(entered ? 0 : entered.Failure().error_number);
  }
  int status = 0;
  while (::waitpid(pid.Value(), &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

}  // namespace

IsolationChoice ChooseIsolation() {
  const int direct = TryIsolation(Isolation::kNamespaces);
  if (direct == 0) return {Isolation::kNamespaces, ""};
  const std::string why = sys::Error{"namespaces", direct}.Text();
  const int as_user = TryIsolation(Isolation::kUserNamespace);
  if (as_user == 0) return {Isolation::kUserNamespace, why};
  return {Isolation::kNone, why + "; " + sys::Error{"user namespace", as_user}.Text()};
}

Isolation IsolationByName(const std::string& name) {
  if (name == "namespaces") return Isolation::kNamespaces;
  if (name == "user") return Isolation::kUserNamespace;
  if (name == "none") return Isolation::kNone;
  sys::ThrowUsage("--procmark_isolation takes namespaces, user or none, not '" + name + "'");
}

std::string DescribeIsolation(const IsolationChoice& choice) {
  switch (choice.kind) {
    case Isolation::kNamespaces:
      return "each test has its own pid, mount and ipc namespaces";
    case Isolation::kUserNamespace:
      return "each test has its own user, pid, mount and ipc namespaces (" + choice.why + ")";
    case Isolation::kNone:
      return "tests are NOT isolated, each only has its own session (" + choice.why + ")";
  }
  return "";
}

namespace {

// For machines without clone3(2), such as a container with an old seccomp filter.
pid_t ForkByClone(uint64_t flags, int* pidfd) {
  const long pid =
      sys::RawClone(static_cast<unsigned long>(flags) | SIGCHLD, reinterpret_cast<long>(pidfd));
  if (pid < 0) errno = static_cast<int>(-pid);
  return static_cast<pid_t>(pid < 0 ? -1 : pid);
}

// For machines whose clone(2) does not have CLONE_PIDFD either, such as the emulator qemu-user.
sys::Result<pid_t> ForkWithPidFd(sys::Fd* pidfd) {
  const pid_t pid = ::fork();
  if (pid < 0) return sys::LastError("fork");
  if (pid == 0) return pid;
  *pidfd = sys::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd->Valid()) return pid;
  const sys::Error error = sys::LastError("pidfd_open");
  ::kill(pid, SIGKILL);  // safe: the child is not reaped yet, so the pid is still its own
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

}  // namespace

sys::Result<pid_t> ForkIsolated(Isolation kind, sys::Fd* pidfd) {
  int number = -1;
  CloneArguments arguments;
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&number);
  arguments.exit_signal = SIGCHLD;
  if (kind != Isolation::kNone) arguments.flags |= kNamespaceFlags;
  if (kind == Isolation::kUserNamespace) arguments.flags |= CLONE_NEWUSER;
  pid_t pid = RawClone3(arguments);
  const bool no_clone3 = pid < 0 && errno == ENOSYS;
  if (no_clone3) pid = ForkByClone(arguments.flags, &number);
  if (no_clone3 && pid < 0 && kind == Isolation::kNone) return ForkWithPidFd(pidfd);
  if (pid < 0) return sys::LastError(no_clone3 ? "clone" : "clone3");
  if (pid > 0) *pidfd = sys::Fd(number);
  return pid;
}

sys::Result<void> EnterIsolation(Isolation kind, uid_t outer_uid, gid_t outer_gid) {
  if (kind == Isolation::kNone) return {};
  if (kind == Isolation::kUserNamespace) {
    if (sys::Result<void> mapped = MapSelf(outer_uid, outer_gid); !mapped) return mapped;
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return sys::LastError("mount of / as private");
  }
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (::mount("proc", "/proc", "proc", flags, nullptr) != 0)
    return sys::LastError("mount of /proc");
  (void)::mkdir("/tmp", 01777);  // a minimal guest has none
  if (::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) {
    return sys::LastError("mount of /tmp");
  }
  if (::chdir("/tmp") != 0) return sys::LastError("chdir to /tmp");
  ::setenv("TMPDIR", "/tmp", 1);  // the caller's folder may be hidden by the mount
  return {};
}

}  // namespace procmark::conformance

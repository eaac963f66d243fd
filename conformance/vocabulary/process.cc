// SPDX-License-Identifier: MIT
// fork, clone and pidfds.
#include "conformance/vocabulary/process.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include "conformance/vocabulary/refusal.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

constexpr size_t kStackBytes = 256 * 1024;
constexpr uint64_t kClonePidFd = 0x1000;

sys::Fd OpenPidFd(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) ThrowErrno("pidfd_open", errno);
  return sys::Fd(static_cast<int>(fd));
}

bool PollEnd(int pidfd, bool wait) {
  const sys::Deadline deadline = TestDeadline();
  while (true) {
    pollfd ended{pidfd, POLLIN, 0};
    const int count = ::poll(&ended, 1, wait ? deadline.PollTimeoutMs() : 0);
    if (count > 0) return true;
    if (count == 0 && (!wait || deadline.Expired())) return false;
    if (count < 0 && errno != EINTR) return false;
  }
}

sys::Result<void> SendSignal(int pidfd, int signal) {
  if (pidfd < 0)
    return sys::Error{"pidfd_send_signal", ESRCH};  // the child was gone before pidfd_open
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) {
    return sys::LastError("pidfd_send_signal");
  }
  return {};
}

siginfo_t WaitByPidFd(int pidfd, int options) {
  if (pidfd < 0) ThrowErrno("waitid(P_PIDFD)", ECHILD);
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, options) != 0) {
    if (errno != EINTR) ThrowErrno("waitid(P_PIDFD)", errno);
  }
  return info;
}

int RunSharingBody(void* body) { internal::RunBody(*static_cast<std::function<int()>*>(body)); }

}  // namespace

struct ScopedChild::SharedMemory {
  explicit SharedMemory(std::function<int()> to_run)
      : body(std::move(to_run)),
        stack(::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (stack == MAP_FAILED) ThrowErrno("mmap", errno);
  }
  ~SharedMemory() { ::munmap(stack, kStackBytes); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  std::function<int()> body;
  void* stack;
};

void ThrowErrno(const char* operation, int error_number) {
  throw std::system_error(error_number, std::generic_category(), operation);
}

sys::Result<void> SignalProcess(pid_t pid, int signal) {
  if (pid <= 0) return sys::Error{"SignalProcess", EINVAL};
  const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.Valid()) return sys::LastError("pidfd_open");
  return SendSignal(pidfd.Get(), signal);
}

ScopedProcess ScopedProcess::Open(pid_t pid) {
  const std::optional<sys::Pid> number = sys::Pid::From(pid);
  if (!number) ThrowErrno("pidfd_open", EINVAL);
  return ScopedProcess(*number, OpenPidFd(pid));
}

ScopedProcess::~ScopedProcess() {
  if (!pidfd_.Valid()) return;
  if (Signal(SIGKILL).Ok()) (void)AwaitEnd();
}

sys::Result<void> ScopedProcess::Signal(int signal) const {
  return SendSignal(pidfd_.Get(), signal);
}
bool ScopedProcess::AwaitEnd() const { return PollEnd(pidfd_.Get(), true); }
bool ScopedProcess::Ended() const { return PollEnd(pidfd_.Get(), false); }

ScopedChild::~ScopedChild() {
  if (pidfd_.Valid()) {
    (void)Signal(SIGKILL);
    siginfo_t info{};
    // ECHILD: it was reaped already, or is another process's child by now.
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.Get()), &info, WEXITED | __WALL) != 0 &&
           errno == EINTR) {
    }
  }
}

sys::Result<void> ScopedChild::Signal(int signal) const { return SendSignal(pidfd_.Get(), signal); }
siginfo_t ScopedChild::AwaitZombie() const {
  return WaitByPidFd(pidfd_.Get(), WEXITED | WNOWAIT | __WALL);
}
siginfo_t ScopedChild::AwaitStop() const { return WaitByPidFd(pidfd_.Get(), WSTOPPED | __WALL); }

int ScopedChild::Reap() {
  int status = 0;
  while (::wait4(pid_.Number(), &status, __WALL, nullptr) < 0) {
    if (errno != EINTR) ThrowErrno("wait4", errno);
  }
  return status;
}

void PauseForever() {
  while (true) ::pause();
}

pid_t RawClone3(const CloneArguments& arguments, size_t size) { return Clone3At(&arguments, size); }

pid_t Clone3At(const void* arguments, size_t size) {
  const long pid = ::syscall(SYS_clone3, arguments, size);
  if (pid < 0 && (errno == ENOSYS || errno == EPERM)) NoteRefusal(Refusal::kClone3);
  return static_cast<pid_t>(pid);
}

namespace internal {

void RunBody(const std::function<int()>& body) {
  int status = kBrokenChild;
  try {
    status = body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child %d threw: %s\n", ::getpid(), error.what());
    std::fflush(stderr);
  }
  ::_exit(status);
}

ScopedChild ForkBody(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid < 0) ThrowErrno("fork", errno);
  if (pid == 0) RunBody(body);
  sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // A child that is reaped without a wait (SIGCHLD ignored) may be gone by now.
  if (!pidfd.Valid() && errno != ESRCH) ThrowErrno("pidfd_open", errno);
  return ScopedChild(*sys::Pid::From(pid), std::move(pidfd));
}

ScopedChild CloneBody(const CloneArguments& arguments, const std::function<int()>& body) {
  if ((arguments.flags & CLONE_VM) != 0) ThrowErrno("Clone with CLONE_VM", EINVAL);
  int pidfd = -1;
  CloneArguments complete = arguments;
  complete.flags |= kClonePidFd;
  complete.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  const pid_t pid = RawClone3(complete);
  if (pid < 0) ThrowErrno("clone3", errno);
  if (pid == 0) RunBody(body);
  return ScopedChild(*sys::Pid::From(pid), sys::Fd(pidfd));
}

}  // namespace internal

ScopedChild CloneSharingMemory(int flags, std::function<int()> body) {
  if ((flags & CLONE_THREAD) != 0) ThrowErrno("CloneSharingMemory with CLONE_THREAD", EINVAL);
  const auto shared = std::make_shared<ScopedChild::SharedMemory>(std::move(body));
  int pidfd = -1;
  auto* const top = static_cast<char*>(shared->stack) + kStackBytes;
  const pid_t pid =
      ::clone(RunSharingBody, top, flags | CLONE_VM | CLONE_PIDFD, &shared->body, &pidfd);
  if (pid < 0) ThrowErrno("clone", errno);
  ScopedChild child(*sys::Pid::From(pid), sys::Fd(pidfd));
  child.shared_ = shared;
  return child;
}

}  // namespace procmark::conformance

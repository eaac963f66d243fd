// The processes of a test: children that are killed and reaped whatever happens, and handles of
// processes that are not our children. Nothing here can signal a pid that is not positive: signals
// go through pidfds.
#pragma once

#include <sched.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "harness/sys/fd.h"
#include "harness/sys/pid.h"
#include "harness/sys/result.h"

namespace procmark::conformance {

// Throws std::system_error("operation: text of errno").
[[noreturn]] void ThrowErrno(const char* operation, int error_number);

// Blocks until a signal ends the process. Async-signal-safe.
[[noreturn]] void PauseForever();

// Sends a signal to a process that nobody here owns (a parent, a sibling), through a pidfd. EINVAL
// for a pid <= 0, ESRCH for no such process. Async-signal-safe.
sys::Result<void> SignalProcess(pid_t pid, int signal);

// A process that we hold a pidfd of, child or not. Destroying it kills the process and waits until
// it has ended (not until it is reaped: that is its parent's task).
class ScopedProcess {
 public:
  // Throws std::system_error: ESRCH when there is no such process, EINVAL when pid <= 0.
  static ScopedProcess Open(pid_t pid);
  ScopedProcess(ScopedProcess&&) noexcept = default;
  ScopedProcess& operator=(ScopedProcess&&) = delete;
  ~ScopedProcess();

  pid_t Number() const { return pid_.Number(); }
  int PidFd() const { return pidfd_.Get(); }
  // pidfd_send_signal(2). Async-signal-safe.
  sys::Result<void> Signal(int signal) const;
  // poll(2) on the pidfd: true once it is a zombie (or gone), false at the test's deadline.
  [[nodiscard]] bool AwaitEnd() const;
  // The same without waiting.
  bool Ended() const;

 private:
  ScopedProcess(sys::Pid pid, sys::Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  sys::Pid pid_;
  sys::Fd pidfd_;
};

// A child of the calling process. Destroying it kills and reaps it, whatever its exit signal; a
// child that was reaped otherwise, or that went to another parent, is no error.
class ScopedChild {
 public:
  ScopedChild(sys::Pid pid, sys::Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  ScopedChild(ScopedChild&& other) noexcept
      : pid_(other.pid_), pidfd_(std::move(other.pidfd_)), shared_(std::move(other.shared_)) {}
  ScopedChild& operator=(ScopedChild&&) = delete;
  ~ScopedChild();

  pid_t Number() const { return pid_.Number(); }
  int PidFd() const { return pidfd_.Get(); }
  // pidfd_send_signal(2); ESRCH once it is reaped. Async-signal-safe.
  sys::Result<void> Signal(int signal) const;
  // Blocks until it is a zombie and leaves it so: waitid(P_PIDFD, WEXITED|WNOWAIT|__WALL).
  // Throws std::system_error, ECHILD when it is not (any more) a child of ours.
  siginfo_t AwaitZombie() const;
  // Blocks until it stops (WSTOPPED) and consumes the report. Throws as AwaitZombie.
  siginfo_t AwaitStop() const;
  // Reaps it: wait4(pid, __WALL). The raw status. Throws as AwaitZombie.
  int Reap();

 private:
  friend ScopedChild CloneSharingMemory(int, std::function<int()>);
  sys::Pid pid_;
  sys::Fd pidfd_;
  struct SharedMemory;
  std::shared_ptr<SharedMemory> shared_;  // stack and body of a child that shares our memory
};

// The arguments of clone3(2) that tests vary; the layout is the kernel's struct clone_args.
struct CloneArguments {
  uint64_t flags = 0;
  uint64_t pidfd = 0;
  uint64_t child_tid = 0;
  uint64_t parent_tid = 0;
  uint64_t exit_signal = 0;
  uint64_t stack = 0;
  uint64_t stack_size = 0;
  uint64_t tls = 0;
  uint64_t set_tid = 0;
  uint64_t set_tid_size = 0;
  uint64_t cgroup = 0;
};

// clone3(2) itself: 0 in the child, the child's pid in the parent, -1 with errno. Must not be given
// CLONE_VM (the child would return on its parent's stack). glibc's fork handlers do not run.
pid_t RawClone3(const CloneArguments& arguments, size_t size = sizeof(CloneArguments));

namespace internal {
// Runs the body of a child to its end; an exception is printed and ends with kBrokenChild.
[[noreturn]] void RunBody(const std::function<int()>& body);
template <typename Body>
std::function<int()> WithStatus(Body body) {
  if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
    return [body = std::move(body)]() mutable {
      body();
      return 0;
    };
  } else {
    return body;
  }
}
ScopedChild ForkBody(const std::function<int()>& body);
ScopedChild CloneBody(const CloneArguments& arguments, const std::function<int()>& body);
}  // namespace internal

// What a child exits with when its body threw: never used by a test on purpose.
inline constexpr int kBrokenChild = 121;

// fork(2); the body's value (void: 0) is the exit status, by _exit(2). In the body: no GoogleTest
// assertion, only ChildChecks. Throws std::system_error when fork fails.
template <typename Body>
ScopedChild Fork(Body body) {
  return internal::ForkBody(internal::WithStatus(std::move(body)));
}

// clone3(2) without CLONE_VM, otherwise as Fork. `pidfd` in arguments is set here.
template <typename Body>
ScopedChild Clone(const CloneArguments& arguments, Body body) {
  return internal::CloneBody(arguments, internal::WithStatus(std::move(body)));
}

// clone(2) with CLONE_VM and `flags` (exit signal in the low byte), on a stack of its own. The body
// shares our memory: no allocation in it, no destructor with effects. CLONE_VFORK is allowed,
// CLONE_THREAD is not. Throws std::system_error.
ScopedChild CloneSharingMemory(int flags, std::function<int()> body);

}  // namespace procmark::conformance

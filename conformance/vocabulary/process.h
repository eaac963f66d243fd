// SPDX-License-Identifier: MIT
// The processes of a test: children that are always killed and reaped, and handles of processes
// that are not children. Signals go through pidfds, so nothing here can signal a group or every
// process by a pid that is not positive.
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

// Sends a signal through a pidfd to a process for which the test has no handle: a parent, a
// sibling. EINVAL for a pid <= 0, ESRCH for no such process. Async-signal-safe.
sys::Result<void> SignalProcess(pid_t pid, int signal);

// A pidfd of a process, which may be a child or not. The destructor kills the process and waits
// until it has ended. It does not reap it: only the parent can.
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
  // Waits until the process is a zombie or gone. False at the test's deadline.
  [[nodiscard]] bool AwaitEnd() const;
  // The same without waiting.
  bool Ended() const;

 private:
  ScopedProcess(sys::Pid pid, sys::Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  sys::Pid pid_;
  sys::Fd pidfd_;
};

// A child of the calling process. The destructor kills and reaps it, whatever its exit signal is.
// It accepts a child that was reaped in another way, or that went to another parent.
class ScopedChild {
 public:
  ScopedChild(sys::Pid pid, sys::Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  ScopedChild(ScopedChild&& other) noexcept
      : pid_(other.pid_), pidfd_(std::move(other.pidfd_)), shared_(std::move(other.shared_)) {}
  ScopedChild& operator=(ScopedChild&&) = delete;
  ~ScopedChild();

  pid_t Number() const { return pid_.Number(); }
  int PidFd() const { return pidfd_.Get(); }
  // pidfd_send_signal(2). ESRCH once the child is reaped. Async-signal-safe.
  sys::Result<void> Signal(int signal) const;
  // Blocks until it is a zombie, and does not reap it: waitid(P_PIDFD, WEXITED|WNOWAIT|__WALL).
  // Throws std::system_error: ECHILD when it is not a child of the caller, or no longer.
  siginfo_t AwaitZombie() const;
  // Blocks until it stops, and consumes the report (WSTOPPED). Throws as AwaitZombie.
  siginfo_t AwaitStop() const;
  // Reaps it by wait4(pid, __WALL), blocking until it ends. The raw status. Throws as AwaitZombie.
  int Reap();

 private:
  friend ScopedChild CloneSharingMemory(int, std::function<int()>);
  sys::Pid pid_;
  sys::Fd pidfd_;
  struct SharedMemory;
  std::shared_ptr<SharedMemory> shared_;  // stack and body of a child that shares the memory
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

// The clone3(2) system call itself: 0 in the child, the child's pid in the parent, or -1 with errno
// set. Do not give it CLONE_VM: the child would return on its parent's stack. The fork handlers of
// the C library do not run.
pid_t RawClone3(const CloneArguments& arguments, size_t size = sizeof(CloneArguments));

// The same with arguments that need not be a whole CloneArguments.
pid_t Clone3At(const void* arguments, size_t size);

namespace internal {
// Runs the body of a child and exits. An exception is printed, and the status is kBrokenChild.
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

// The exit status of a child whose body threw. No test uses it on purpose.
inline constexpr int kBrokenChild = 121;

// fork(2). The child runs `body` and exits by _exit(2) with the body's value, 0 for a void body. A
// body must not use GoogleTest's assertions: use ChildChecks. Throws std::system_error.
template <typename Body>
ScopedChild Fork(Body body) {
  return internal::ForkBody(internal::WithStatus(std::move(body)));
}

// The same by clone3(2), without CLONE_VM. Sets the pidfd field of the arguments.
template <typename Body>
ScopedChild Clone(const CloneArguments& arguments, Body body) {
  return internal::CloneBody(arguments, internal::WithStatus(std::move(body)));
}

// clone(2) with CLONE_VM and `flags`, which hold the exit signal in the low byte, on a stack of its
// own. The body shares the caller's memory: it must not allocate, and its destructors must not have
// effects. CLONE_VFORK is allowed, CLONE_THREAD is not. Throws std::system_error.
ScopedChild CloneSharingMemory(int flags, std::function<int()> body);

}  // namespace procmark::conformance

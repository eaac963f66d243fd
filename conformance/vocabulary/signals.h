// SPDX-License-Identifier: MIT
// Signal masks, and BlockedSignal: a signal that stays pending until the test takes it, so that no
// handler is needed.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace procmark::conformance {

// A handler that does nothing: it only interrupts system calls.
inline void DoNothing(int) {}

// The set of these signals; the empty set without any. Async-signal-safe.
sigset_t SetOf(std::initializer_list<int> signals);

// True when the signal is pending for the calling thread or its process. Async-signal-safe.
bool IsPending(int signal);

// The bit of a signal in the masks of /proc/PID/status.
constexpr uint64_t SignalBit(int signal) { return uint64_t{1} << (signal - 1); }

// A mask of /proc/PID/status: "SigPnd" (pending for the thread), "ShdPnd" (pending for the
// process), "SigBlk", "SigIgn", "SigCgt", "CapEff" and so on. Throws std::system_error when there
// is no such task or line.
uint64_t MaskOf(pid_t pid, std::string_view line);
// The same of one thread.
uint64_t ThreadMaskOf(pid_t pid, pid_t tid, std::string_view line);

// Blocks a signal in the calling thread until that thread ends. Children inherit the mask. It is
// never unblocked: a signal that is still pending would then end the test.
class BlockedSignal {
 public:
  // Throws std::system_error when the signal cannot be blocked.
  explicit BlockedSignal(int signal);

  // True when the signal is pending for the calling thread or its process. Async-signal-safe.
  bool Pending() const { return IsPending(signal_); }

  // Waits for the signal and takes it. si_signo is 0 when it has not come by the test's deadline.
  // Async-signal-safe.
  siginfo_t Take() const;

 private:
  int signal_;
};

}  // namespace procmark::conformance

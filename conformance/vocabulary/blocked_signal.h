// BlockedSignal: a signal that stays pending until the test takes it, so that no handler is needed.
#pragma once

#include <cerrno>
#include <csignal>
#include <ctime>

#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {

// Blocks the signal in the calling thread for the rest of its life (children inherit that): a
// signal still pending when it was unblocked would end the test. Throws std::system_error when the
// signal cannot be blocked. Pending and Take are async-signal-safe.
class BlockedSignal {
 public:
  explicit BlockedSignal(int signal) : signal_(signal) {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, signal);
    if (::sigprocmask(SIG_BLOCK, &set_, nullptr) != 0) ThrowErrno("sigprocmask", errno);
  }

  // True when the signal is pending for the calling thread or its process.
  bool Pending() const {
    sigset_t pending;
    ::sigemptyset(&pending);
    return ::sigpending(&pending) == 0 && ::sigismember(&pending, signal_) == 1;
  }

  // Waits for the signal and takes it; si_signo is 0 when none came until the test's deadline.
  siginfo_t Take() const {
    const int left_ms = TestDeadline().PollTimeoutMs();
    const timespec timeout{left_ms / 1000, (left_ms % 1000) * 1'000'000L};
    siginfo_t info{};
    while (::sigtimedwait(&set_, &info, &timeout) < 0) {
      if (errno == EINTR) continue;
      info.si_signo = 0;
      break;
    }
    return info;
  }

 private:
  int signal_;
  sigset_t set_{};
};

}  // namespace procmark::conformance

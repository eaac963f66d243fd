// SPDX-License-Identifier: MIT
// Deadline: a point on CLOCK_MONOTONIC that every wait carries.
#pragma once

#include <ctime>

namespace procmark::sys {

// Async-signal-safe.
class Deadline {
 public:
  static Deadline After(long long milliseconds) { return Deadline(NowMs() + milliseconds); }
  static Deadline Never() { return Deadline(-1); }

  bool Expired() const { return at_ms_ >= 0 && NowMs() >= at_ms_; }
  // What poll(2) takes as a timeout: -1 for never, else 0 .. one hour.
  int PollTimeoutMs() const {
    if (at_ms_ < 0) return -1;
    const long long left = at_ms_ - NowMs();
    if (left <= 0) return 0;
    return left > kLongestPollMs ? static_cast<int>(kLongestPollMs) : static_cast<int>(left);
  }
  static Deadline Sooner(Deadline a, Deadline b) {
    if (a.at_ms_ < 0) return b;
    if (b.at_ms_ < 0) return a;
    return a.at_ms_ < b.at_ms_ ? a : b;
  }
  static long long NowMs() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
  }

 private:
  static constexpr long long kLongestPollMs = 3'600'000;
  explicit Deadline(long long at_ms) : at_ms_(at_ms) {}
  long long at_ms_;
};

}  // namespace procmark::sys

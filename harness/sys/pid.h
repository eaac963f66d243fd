// SPDX-License-Identifier: MIT
// Pid: a process or thread number that can never be zero or negative, so that no bug can turn
// "signal my child" into "signal everything" (kill(2): pid 0 is the caller's group, -1 everybody).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace procmark::sys {

class Pid {
 public:
  // Nothing for a number <= 0, or one too large for a pid_t. Async-signal-safe.
  static std::optional<Pid> From(int64_t number) {
    if (number <= 0 || number > std::numeric_limits<pid_t>::max()) return std::nullopt;
    return Pid(static_cast<pid_t>(number));
  }
  pid_t Number() const { return number_; }
  friend bool operator==(Pid, Pid) = default;

 private:
  explicit Pid(pid_t number) : number_(number) {}
  pid_t number_;
};

}  // namespace procmark::sys

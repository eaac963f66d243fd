// Pid: a process or thread number that can never be zero or negative, so that no bug can turn
// "signal my child" into "signal everything" (kill(2): pid 0 is the caller's group, -1 everybody).
#pragma once

#include <sys/types.h>

#include <optional>

namespace procmark::sys {

class Pid {
 public:
  // Nothing for number <= 0. Async-signal-safe.
  static std::optional<Pid> From(pid_t number) {
    if (number <= 0) return std::nullopt;
    return Pid(number);
  }
  pid_t Number() const { return number_; }
  friend bool operator==(Pid, Pid) = default;

 private:
  explicit Pid(pid_t number) : number_(number) {}
  pid_t number_;
};

}  // namespace procmark::sys

// SPDX-License-Identifier: MIT
// Qmp: what QEMU itself says about a guest, and what it is told (QEMU Machine Protocol). QEMU exits
// 0 on a power-off, on a panic and on a triple fault alike; only its SHUTDOWN event tells them
// apart.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::cell {

// One end of a socket pair whose other end a QEMU started with -S holds.
class Qmp {
 public:
  explicit Qmp(sys::Fd socket) : socket_(std::move(socket)) {}

  int PollFd() const { return socket_.Get(); }
  // Waits for the greeting and negotiates. kGone when QEMU ended instead: its stderr says why.
  // kSilent at the deadline, and when an Interrupt comes.
  enum class Greeting { kGreeted, kGone, kSilent };
  Greeting Greet(sys::Deadline deadline);
  // Does one command and returns what it returns, whose shape is not known to be right. `fd` >= 0
  // is sent along (getfd). Throws a lost Complaint with QEMU's own words when it refuses or hangs
  // up.
  nlohmann::json Command(std::string_view name, const nlohmann::json& arguments, int fd = -1);
  // Waits for the end of a migration, in or out: "completed" or "failed" (needs the capability
  // "events"). Throws a lost Complaint when neither comes.
  std::string AwaitMigration();
  // Reads all that came. False once QEMU has hung up or babbles. A message of another shape than
  // QEMU's is ignored.
  bool Handle();
  // It has sent more than kMostPending bytes that nothing asked for.
  bool Babbles() const { return pending_.size() > kMostPending || answers_bytes_ > kMostPending; }
  // "guest-shutdown", "guest-reset", "guest-panic", "host-signal" …; empty while none came.
  const std::string& ShutdownReason() const { return shutdown_reason_; }
  bool GuestPanicked() const { return guest_panicked_; }

 private:
  void Line(std::string_view line);
  // Waits for a line that is no event. An Interrupt ends the wait as kSilent.
  Greeting AwaitAnswer(sys::Deadline deadline, std::string& line);

  static constexpr size_t kMostPending = 1 << 20;
  sys::Fd socket_;
  std::string pending_;
  std::vector<std::string> answers_;  // greeting and command answers not yet asked for
  size_t answers_bytes_ = 0;
  std::string shutdown_reason_;
  std::string migration_;
  bool guest_panicked_ = false;
};

}  // namespace procmark::cell

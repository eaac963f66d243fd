// Qmp: what QEMU itself says about a guest (QEMU Machine Protocol). QEMU exits 0 on a power-off, on
// a panic and on a triple fault alike; only its SHUTDOWN event tells them apart.
#pragma once

#include <string>
#include <string_view>

#include "harness/sys/fd.h"

namespace procmark::cell {

// One end of a socket pair whose other end a QEMU started with -S holds.
class Qmp {
 public:
  explicit Qmp(sys::Fd socket) : socket_(std::move(socket)) {}

  int PollFd() const { return socket_.Get(); }
  // Reads all that came and answers: negotiates, then lets the guest start. False once QEMU has
  // hung up or babbles.
  bool Handle();
  // "guest-shutdown", "guest-reset", "guest-panic", "host-signal" …; empty while none came.
  const std::string& ShutdownReason() const { return shutdown_reason_; }
  bool GuestPanicked() const { return guest_panicked_; }

 private:
  void Line(std::string_view line);
  void Send(std::string_view command);

  static constexpr size_t kMostPending = 1 << 20;
  sys::Fd socket_;
  std::string pending_;
  std::string shutdown_reason_;
  bool guest_panicked_ = false;
};

}  // namespace procmark::cell

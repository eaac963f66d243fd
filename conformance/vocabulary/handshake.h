// Handshake: one process tells another "go on" by a byte through a pipe; never by a sleep.
#pragma once

#include "harness/sys/fd.h"

namespace procmark::conformance {

// One direction. Made before the fork; either side may notify, the other awaits; a byte is consumed
// by one Await. All but the constructor is async-signal-safe.
class Handshake {
 public:
  // Throws std::system_error when pipe2(2) fails. Both ends are close-on-exec.
  Handshake();

  // Lets one Await of the other side go on. False when that side's end is closed.
  bool Notify() const;

  // Blocks until notified. False at end of file or when the test's deadline passes; errno tells.
  // The caller is in state S meanwhile, in poll(2).
  [[nodiscard]] bool Await() const;

  // True when a byte is there already; consumes it. Never blocks.
  [[nodiscard]] bool TryAwait() const;

  int ReadFd() const { return pipe_.read.Get(); }
  int WriteFd() const { return pipe_.write.Get(); }

 private:
  sys::Pipe pipe_;
};

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// Handshake: one process lets another go on, by a byte through a pipe.
#pragma once

#include "harness/sys/fd.h"

namespace procmark::conformance {

// Make it before the fork. Any process may notify, and any other may await: each Notify lets one
// Await return. All members except the constructor are async-signal-safe.
class Handshake {
 public:
  // Throws std::system_error when pipe2(2) fails. Both ends are close-on-exec.
  Handshake();

  // Lets one Await return. False when no process has the reading end open.
  bool Notify() const;

  // Blocks in poll(2), in state S, until notified. False at end of file (errno EPIPE) or when the
  // test's deadline passes (errno ETIMEDOUT).
  [[nodiscard]] bool Await() const;

  // Takes a notification that is there already. False when there is none. Does not block.
  [[nodiscard]] bool TryAwait() const;

  int ReadFd() const { return pipe_.read.Get(); }
  int WriteFd() const { return pipe_.write.Get(); }

 private:
  sys::Pipe pipe_;
};

}  // namespace procmark::conformance

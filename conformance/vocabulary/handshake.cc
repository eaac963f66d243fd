// SPDX-License-Identifier: MIT
// One byte through a pipe, and poll(2).
#include "conformance/vocabulary/handshake.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

bool ReadByte(int fd, int timeout_ms, const sys::Deadline& deadline) {
  while (true) {
    pollfd ready{fd, POLLIN, 0};
    const int count = ::poll(&ready, 1, timeout_ms == 0 ? 0 : deadline.PollTimeoutMs());
    if (count > 0) {
      char byte = 0;
      const ssize_t got = ::read(fd, &byte, 1);
      if (got == 1) return true;
      if (got == 0) errno = EPIPE;
      if (got == 0 || errno != EINTR) return false;
    } else if (count == 0) {
      if (timeout_ms != 0 && !deadline.Expired()) continue;
      errno = ETIMEDOUT;
      return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
}

}  // namespace

Handshake::Handshake() : pipe_(MakePipe()) {}

bool Handshake::Notify() const { return sys::WriteAll(pipe_.write.Get(), "!", 1).Ok(); }
bool Handshake::Await() const { return ReadByte(pipe_.read.Get(), -1, TestDeadline()); }
bool Handshake::TryAwait() const { return ReadByte(pipe_.read.Get(), 0, TestDeadline()); }

}  // namespace procmark::conformance

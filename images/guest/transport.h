// SPDX-License-Identifier: MIT
// Transport: one device that carries bytes out of a guest.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/sys/result.h"

namespace procmark::guest {

class Transport {
 public:
  virtual ~Transport() = default;

  // Sends `bytes` in order and returns when the device has taken them. Removes from the front of
  // `bytes` what was sent, so that after an error another transport can send the rest.
  [[nodiscard]] virtual sys::Result<void> Send(std::string_view& bytes) = 0;

  // Makes every later Send() fail, as a device that stops working would.
  virtual void Break() = 0;

  // `name` is one of
  //   "debugcon:0xe9"  QEMU's isa-debugcon at that I/O port, by port instructions (amd64 only)
  //   "/dev/NAME"      a character device; a terminal is put in raw mode (termios(3) cfmakeraw)
  // Returns EINVAL for any other name, ENXIO when no debugcon answers at the port, EFAULT when the
  // port instruction faults, ENOSYS for debugcon on another architecture, ENOTTY for a file that is
  // no character device, and the errors of open(2).
  static sys::Result<std::unique_ptr<Transport>> Open(const std::string& name);
};

}  // namespace procmark::guest

// Channel: the way records leave a guest. It carries nothing else; the kernel's log has its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/sys/result.h"

namespace procmark::guest {

class Channel {
 public:
  virtual ~Channel() = default;

  // Sends all bytes in order; returns when the device has taken them.
  [[nodiscard]] virtual sys::Result<void> Send(std::string_view bytes) = 0;

  // `specification` is the value of procmark.channel= on the kernel's command line:
  //   "debugcon:0xe9"  QEMU's isa-debugcon at that I/O port (amd64 only). The right to use the port
  //                    (ioperm(2)) is held only while bytes are written: left set, it would cost
  //                    every system call of every later program some instructions.
  //   "/dev/NAME"      a character device; a terminal is put in raw mode (termios(3) cfmakeraw).
  //   "A,B"            A, or B where A cannot be opened: a device that this kernel has no driver
  //   for.
  // The last one's error: EINVAL for anything else, ENXIO when no debugcon answers at the port,
  // ENOSYS for debugcon on another architecture, ENOTTY for what is no character device, and errors
  // of open(2).
  static sys::Result<std::unique_ptr<Channel>> Open(const std::string& specification);
};

}  // namespace procmark::guest

// SPDX-License-Identifier: MIT
#include "images/guest/transport.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#if defined(__x86_64__)
#include <sys/io.h>
#endif

#include "harness/sys/fd.h"
#include "harness/sys/text.h"
#include "images/guest/port_io.h"

namespace procmark::guest {
namespace {

using sys::Error;
using sys::LastError;
using sys::Result;

constexpr std::string_view kDebugConsole = "debugcon:";

class CharacterDevice : public Transport {
 public:
  CharacterDevice(sys::Fd device, bool terminal)
      : device_(std::move(device)), terminal_(terminal) {}

  Result<void> Send(std::string_view& bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(device_.Get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return LastError("write to the channel");
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    if (terminal_ && ::tcdrain(device_.Get()) != 0) return LastError("tcdrain");
    return {};
  }

  void Break() override { device_.Close(); }

  static Result<std::unique_ptr<Transport>> Open(const std::string& path) {
    sys::Fd device(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
    if (!device.Valid()) return LastError("open of the channel");
    struct stat status {};
    if (::fstat(device.Get(), &status) != 0) return LastError("fstat of the channel");
    if (!S_ISCHR(status.st_mode)) return Error{"the channel is no character device", ENOTTY};
    const bool terminal = ::isatty(device.Get()) == 1;
    if (terminal) {
      termios mode{};
      if (::tcgetattr(device.Get(), &mode) != 0) return LastError("tcgetattr");
      ::cfmakeraw(&mode);
      if (::tcsetattr(device.Get(), TCSANOW, &mode) != 0) return LastError("tcsetattr");
    }
    return std::unique_ptr<Transport>(
        std::make_unique<CharacterDevice>(std::move(device), terminal));
  }

 private:
  sys::Fd device_;
  bool terminal_;
};

#if defined(__x86_64__)
// QEMU hw/char/debugcon.c: a write puts the byte on the host's chardev before the instruction ends;
// a read returns the port's `readback` (0xe9 by default), which tells it from an empty bus (0xff).
// The process has the right to use the port (ioperm(2)) only while bytes are written: left set, it
// would cost every system call of every later program some instructions.
class DebugConsole : public Transport {
 public:
  explicit DebugConsole(uint16_t port) : port_(port) {}

  Result<void> Send(std::string_view& bytes) override {
    if (!broken_ && ::ioperm(port_, 1, 1) != 0) return LastError("ioperm");
    const Result<void> written = WritePort(port_, bytes);
    if (::ioperm(port_, 1, 0) != 0) return LastError("ioperm");
    return written;
  }

  // Without the right to use the port the instruction faults.
  void Break() override { broken_ = true; }

  static Result<std::unique_ptr<Transport>> Open(uint16_t port) {
    constexpr unsigned char kReadBack = 0xe9;
    if (::ioperm(port, 1, 1) != 0) return LastError("ioperm");
    const Result<unsigned char> answer = ReadPort(port);
    if (::ioperm(port, 1, 0) != 0) return LastError("ioperm");
    if (!answer) return answer.Failure();
    if (answer.Value() != kReadBack) {
      return Error{"no isa-debugcon answers at the channel's port", ENXIO};
    }
    return std::unique_ptr<Transport>(std::make_unique<DebugConsole>(port));
  }

 private:
  uint16_t port_;
  bool broken_ = false;
};
#endif

// "0xe9" -> 0xe9; 0 for what is no port.
uint16_t ParsePort(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return sys::ParseNumber<uint16_t>(text, 16).value_or(0);
}

}  // namespace

Result<std::unique_ptr<Transport>> Transport::Open(const std::string& name) {
  if (name.starts_with("/dev/")) return CharacterDevice::Open(name);
  if (!name.starts_with(kDebugConsole)) {
    return Error{"procmark.channel= must be debugcon:PORT or /dev/NAME", EINVAL};
  }
  const uint16_t port = ParsePort(std::string_view(name).substr(kDebugConsole.size()));
  if (port == 0) return Error{"procmark.channel=debugcon: needs a port such as 0xe9", EINVAL};
#if defined(__x86_64__)
  return DebugConsole::Open(port);
#else
  return Error{"procmark.channel=debugcon: exists on amd64 only", ENOSYS};
#endif
}

}  // namespace procmark::guest

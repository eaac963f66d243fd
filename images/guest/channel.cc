#include "images/guest/channel.h"

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

namespace procmark::guest {
namespace {

using sys::Error;
using sys::LastError;
using sys::Result;

class CharacterDevice : public Channel {
 public:
  explicit CharacterDevice(sys::Fd device, bool terminal)
      : device_(std::move(device)), terminal_(terminal) {}

  Result<void> Send(std::string_view bytes) override {
    Result<void> written = sys::WriteAll(device_.Get(), bytes.data(), bytes.size());
    if (written && terminal_ && ::tcdrain(device_.Get()) != 0) return LastError("tcdrain");
    return written;
  }

  static Result<std::unique_ptr<Channel>> Open(const std::string& path) {
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
    return std::unique_ptr<Channel>(std::make_unique<CharacterDevice>(std::move(device), terminal));
  }

 private:
  sys::Fd device_;
  bool terminal_;
};

#if defined(__x86_64__)
// QEMU hw/char/debugcon.c: a write puts the byte on the host's chardev before the instruction ends;
// a read returns the port's `readback` (0xe9 by default), which tells it from an empty bus (0xff).
class DebugConsole : public Channel {
 public:
  explicit DebugConsole(uint16_t port) : port_(port) {}

  Result<void> Send(std::string_view bytes) override {
    if (::ioperm(port_, 1, 1) != 0) return LastError("ioperm");
    const char* next = bytes.data();
    size_t left = bytes.size();
    asm volatile("rep outsb" : "+S"(next), "+c"(left) : "d"(port_) : "memory");
    if (::ioperm(port_, 1, 0) != 0) return LastError("ioperm");
    return {};
  }

  static Result<std::unique_ptr<Channel>> Open(uint16_t port) {
    constexpr unsigned char kReadBack = 0xe9;
    if (::ioperm(port, 1, 1) != 0) return LastError("ioperm");
    const unsigned char answer = ::inb(port);
    if (::ioperm(port, 1, 0) != 0) return LastError("ioperm");
    if (answer != kReadBack) return Error{"no isa-debugcon answers at the channel's port", ENXIO};
    return std::unique_ptr<Channel>(std::make_unique<DebugConsole>(port));
  }

 private:
  uint16_t port_;
};
#endif

Result<std::unique_ptr<Channel>> OpenDebugConsole(std::string_view port_text) {
  if (port_text.starts_with("0x")) port_text.remove_prefix(2);
  const std::optional<uint16_t> port = sys::ParseNumber<uint16_t>(port_text, 16);
  if (!port || *port == 0) {
    return Error{"procmark.channel=debugcon: needs a port such as 0xe9", EINVAL};
  }
#if defined(__x86_64__)
  return DebugConsole::Open(*port);
#else
  return Error{"procmark.channel=debugcon: exists on amd64 only", ENOSYS};
#endif
}

// One of the comma-separated ways of a specification.
Result<std::unique_ptr<Channel>> OpenOne(const std::string& specification) {
  constexpr std::string_view kDebugConsole = "debugcon:";
  if (specification.starts_with(kDebugConsole)) {
    return OpenDebugConsole(std::string_view(specification).substr(kDebugConsole.size()));
  }
  if (specification.starts_with("/dev/")) return CharacterDevice::Open(specification);
  return Error{"procmark.channel= must be debugcon:PORT or /dev/NAME", EINVAL};
}

}  // namespace

Result<std::unique_ptr<Channel>> Channel::Open(const std::string& specification) {
  size_t begin = 0;
  while (true) {
    const size_t comma = specification.find(',', begin);
    Result<std::unique_ptr<Channel>> channel = OpenOne(specification.substr(begin, comma - begin));
    if (channel || comma == std::string::npos) return channel;
    begin = comma + 1;
  }
}

}  // namespace procmark::guest

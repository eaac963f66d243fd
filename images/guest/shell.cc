// SPDX-License-Identifier: MIT
#include "images/guest/shell.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "harness/sys/child.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"
#include "images/guest/boot_facts.h"

namespace procmark::guest {
namespace {

constexpr const char* kBusybox = "/procmark/busybox";
constexpr int kExecFailed = 127;

// In the shell's own process. /dev/console cannot be a controlling terminal, so Ctrl-C needs the
// device behind it.
int BecomeShell(const std::string& terminal) {
  if (::setsid() < 0) return kExecFailed;
  const int tty = ::open(terminal.c_str(), O_RDWR);
  if (tty < 0 || ::ioctl(tty, TIOCSCTTY, 0) != 0) return kExecFailed;
  for (int standard = 0; standard <= 2; ++standard) ::dup2(tty, standard);
  ::setenv("PATH", "/procmark:/bin", 1);
  ::setenv("HOME", "/", 1);
  ::setenv("TERM", "vt100", 1);
  ::setenv("PS1", "guest:\\w# ", 1);
  ::execl(kBusybox, "sh", nullptr);
  return kExecFailed;
}

}  // namespace

void RunShell(const std::string& command_line) {
  const std::string terminal = "/dev/" + CommandLineValue(command_line, "console");
  if (::access(kBusybox, X_OK) != 0) {
    throw std::runtime_error("the boot image holds no busybox for a shell");
  }
  // Its commands by their own names: /bin/ls and the like.
  ::mkdir("/bin", 0755);
  const sys::Result<sys::CommandOutput> links =
      sys::RunCommand({kBusybox, "--install", "-s", "/bin"}, sys::Deadline::After(60'000));
  if (!links) throw std::runtime_error("busybox cannot be installed: " + links.Failure().Text());
  sys::Result<sys::Child> shell = sys::Child::Fork([&] { return BecomeShell(terminal); });
  if (!shell) throw std::runtime_error("the shell cannot be started: " + shell.Failure().Text());
  const sys::Result<std::optional<int>> status = shell.Value().Wait(sys::Deadline::Never());
  if (status && status.Value() && *status.Value() == kExecFailed << 8) {
    throw std::runtime_error("the shell cannot use the terminal " + terminal);
  }
}

}  // namespace procmark::guest

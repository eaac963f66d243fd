// SPDX-License-Identifier: MIT
// Terminal: a pseudo terminal for tests of sessions and job control.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/process.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {

// Both sides of a pty that is not the controlling terminal of any session yet. Make it before the
// fork. All members except the constructor are async-signal-safe.
class Terminal {
 public:
  // Throws std::system_error when this machine has no pty: ask Available() first.
  Terminal() : master_(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (!master_.Valid()) ThrowErrno("open of /dev/ptmx", errno);
    const int unlock = 0;
    if (::ioctl(master_.Get(), TIOCSPTLCK, &unlock) != 0) ThrowErrno("ioctl TIOCSPTLCK", errno);
    slave_ = sys::Fd(::ioctl(master_.Get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!slave_.Valid()) ThrowErrno("ioctl TIOCGPTPEER", errno);
  }
  static bool Available() {
    const sys::Fd master(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    return master.Valid();
  }

  int Master() const { return master_.Get(); }
  int Slave() const { return slave_.Get(); }
  void CloseMaster() { master_.Close(); }

  // Makes it the controlling terminal of the caller, which must lead a session. The errno, or 0.
  int Acquire() const { return ::ioctl(slave_.Get(), TIOCSCTTY, 0) == 0 ? 0 : errno; }
  // Makes `group` its foreground group. The errno, or 0.
  int SetForeground(pid_t group) const { return ::tcsetpgrp(slave_.Get(), group) == 0 ? 0 : errno; }

 private:
  sys::Fd master_;
  sys::Fd slave_;
};

#define SKIP_WITHOUT_TERMINAL()                        \
  if (!::procmark::conformance::Terminal::Available()) \
  GTEST_SKIP() << "no pseudo terminal can be opened here"

}  // namespace procmark::conformance

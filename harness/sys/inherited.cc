// SPDX-License-Identifier: MIT
#include "harness/sys/inherited.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace procmark::sys {
namespace {

// O_NONBLOCK belongs to the open file, which the caller shares. A second opening of a pipe or
// terminal leaves the caller's flag alone; what cannot be opened again loses the flag.
void MakeBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_NONBLOCK) == 0) return;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int again = ::open(path.c_str(), (flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY);
    if (again >= 0) {
      const bool moved = ::dup2(again, fd) == fd;
      ::close(again);
      if (moved) return;
    }
  }
  (void)::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

}  // namespace

void SetKnownSignals() {
  (void)::signal(SIGCHLD, SIG_DFL);
  (void)::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void SetKnownDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is `fd`, because those below it are open.
    (void)::open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
  }
  MakeBlocking(1);
  MakeBlocking(2);
}

void KeepOwnFilesUsable() {
  const mode_t mask = ::umask(0);
  (void)::umask(mask & 0077);
}

std::string WhyOutputIsIncomplete() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int error = errno;
  if (flushed && std::ferror(stdout) == 0) return "";
  return std::string("the output is not complete: standard output cannot be written") +
         (error != 0 ? std::string(" (") + std::strerror(error) + ")" : std::string());
}

}  // namespace procmark::sys

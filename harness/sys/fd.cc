// SPDX-License-Identifier: MIT
#include "harness/sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace procmark::sys {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Fd::Close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<Fd> Fd::Duplicate() const {
  const int copy = ::fcntl(number_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return LastError("fcntl(F_DUPFD_CLOEXEC)");
  return Fd(copy);
}

Result<Pipe> Pipe::Create() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return LastError("pipe2");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<void> WriteAll(int fd, const void* data, unsigned long size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, next, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      return LastError("write");
    }
    next += written;
    size -= static_cast<unsigned long>(written);
  }
  return {};
}

Result<void> SetCloseOnExec(int fd, bool close_on_exec) {
  if (::fcntl(fd, F_SETFD, close_on_exec ? FD_CLOEXEC : 0) != 0) return LastError("fcntl(F_SETFD)");
  return {};
}

}  // namespace procmark::sys

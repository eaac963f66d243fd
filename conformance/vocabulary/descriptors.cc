// SPDX-License-Identifier: MIT
// pipe2, memfd_create, pidfd_open and pidfd_send_signal.
#include "conformance/vocabulary/descriptors.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

sys::Pipe MakePipe() {
  sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
  if (!pipe) ThrowErrno("pipe2", pipe.Failure().error_number);
  return std::move(pipe).Value();
}

sys::Fd MemoryFile(size_t bytes) {
  constexpr unsigned kNoExecSeal = 8;  // MFD_NOEXEC_SEAL: vm.memfd_noexec = 2 may demand it
  sys::Fd file(::memfd_create("conformance", MFD_CLOEXEC));
  if (!file.Valid() && errno == EACCES) {
    file = sys::Fd(::memfd_create("conformance", MFD_CLOEXEC | kNoExecSeal));
  }
  if (!file.Valid()) ThrowErrno("memfd_create", errno);
  if (::ftruncate(file.Get(), static_cast<off_t>(bytes)) != 0) ThrowErrno("ftruncate", errno);
  return file;
}

sys::Fd OpenPidfd(pid_t pid, unsigned flags) {
  return sys::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, flags)));
}

bool HasThreadPidfds() { return OpenPidfd(::getpid(), PIDFD_THREAD).Valid(); }

int SendThroughPidfd(int pidfd, int signal, unsigned flags) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags));
}

short PollNow(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0 ? ready.revents : short{0};
}

}  // namespace procmark::conformance

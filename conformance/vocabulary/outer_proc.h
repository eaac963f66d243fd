// SPDX-License-Identifier: MIT
// OuterProc: the machine's /proc, which lies under the test's own and shows the kernel threads.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/tasks.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {

// A descriptor of the /proc over which the runner mounted the test's own. Invalid, with a sentence
// in *why, where this user may not unmount the test's own (in a user namespace), or where the
// machine's /proc shows no kernel thread. The pids in it are not the test's pids. Throws
// std::system_error.
inline sys::Fd OuterProc(std::string* why) {
  const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const sys::Fd own(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!own.Valid()) ThrowErrno("open of /proc/self/ns/mnt", errno);
  if (InOwnPidNamespace() && ::unshare(CLONE_NEWNS) != 0) {
    *why = std::string("this user may not make a mount namespace: ") + std::strerror(errno);
    return {};
  }
  sys::Fd folder;
  int error = 0;
  if (InOwnPidNamespace()) {
    error = ::umount2("/proc", MNT_DETACH) == 0 ? 0 : errno;
    if (error == 0) folder = sys::Fd(::open("/proc", how));
    if (::setns(own.Get(), CLONE_NEWNS) != 0) ThrowErrno("setns", errno);
    if (::chdir("/tmp") != 0) ThrowErrno("chdir", errno);
  } else {
    folder = sys::Fd(::open("/proc", how));
  }
  char name[8] = "";
  const sys::Fd comm(folder.Valid() ? ::openat(folder.Get(), "2/comm", O_RDONLY | O_CLOEXEC) : -1);
  if (!comm.Valid() || ::read(comm.Get(), name, 8) != 8 || std::memcmp(name, "kthreadd", 8) != 0) {
    *why = error != 0
               ? std::string("this user cannot reach the machine's /proc: ") + std::strerror(error)
               : "the /proc of this machine shows no kernel threads";
    return {};
  }
  return folder;
}

}  // namespace procmark::conformance

// OuterProc: the machine's /proc under the test's own, where kernel threads can be seen.
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

// A descriptor of the folder: the /proc that the runner mounted this test's own over. Invalid, with
// a sentence in *why, where that mount cannot be lifted (in a user namespace) or no kernel thread
// is to be seen under it. Pids in it are not the test's pids. Throws std::system_error.
inline sys::Fd OuterProc(std::string* why) {
  const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const sys::Fd own(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!own.Valid()) ThrowErrno("open of /proc/self/ns/mnt", errno);
  if (InOwnPidNamespace() && ::unshare(CLONE_NEWNS) != 0) {
    *why = std::string("no mount namespace can be made: ") + std::strerror(errno);
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
    *why = error != 0 ? std::string("the machine's /proc is out of reach: ") + std::strerror(error)
                      : "no kernel threads are to be seen in the /proc of this machine";
    return {};
  }
  return folder;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// The kernel command line, and files of /proc/sys and /sys.
#include "conformance/vocabulary/machine_setting.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/process.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {

bool MayChangeTheMachine() {
  return (" " + TextOf("/proc/cmdline")).find(" procmark.destructive") != std::string::npos;
}

long UidOfGuest() {
  constexpr std::string_view kWord = " procmark.uid=";
  const std::string line = " " + TextOf("/proc/cmdline");
  const size_t at = line.find(kWord);
  if (at == std::string::npos || !MayChangeTheMachine()) return -1;
  const long uid = std::atol(line.c_str() + at + kWord.size());
  return uid > 0 ? uid : -1;
}

bool UnderTheGuestsInit() {
  // PROC_PID_INIT_INO of include/linux/proc_ns.h: the initial namespace always has this number.
  constexpr ino_t kInitialPidNamespace = 0xeffffffc;
  struct stat own {};
  return MayChangeTheMachine() && ::stat("/proc/self/ns/pid", &own) == 0 &&
         own.st_ino == kInitialPidNamespace;
}

ReplacedSetting::ReplacedSetting(std::string path, const std::string& text)
    : path_(std::move(path)), before_(TextOf(path_)) {
  if (before_.empty()) ThrowErrno("read of a setting", ENODATA);
  if (const int error = WriteText(path_, text); error != 0) {
    ThrowErrno("write of a setting", error);
  }
}

ReplacedSetting::~ReplacedSetting() { (void)WriteText(path_, before_); }

}  // namespace procmark::conformance

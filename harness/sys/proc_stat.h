// SPDX-License-Identifier: MIT
// ProcStat: what /proc/PID/stat says of a task (proc_pid_stat(5)), parsed from the last ')' so that
// no command name can shift the fields.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sys/result.h"

namespace procmark::sys {

struct ProcStat {
  pid_t pid = 0;
  std::string comm;
  char state = '?';             // field 3: R S D Z T t X I P
  std::vector<int64_t> fields;  // fields[n] is field n of the manual page, from 4; 0..3 unused

  int64_t Field(size_t number) const { return number < fields.size() ? fields[number] : 0; }
  pid_t ParentPid() const { return static_cast<pid_t>(Field(4)); }
  pid_t ProcessGroup() const { return static_cast<pid_t>(Field(5)); }
  pid_t Session() const { return static_cast<pid_t>(Field(6)); }
  int64_t Flags() const { return Field(9); }
  int64_t MinorFaults() const { return Field(10); }
  int64_t NumThreads() const { return Field(20); }
  int64_t StartTimeTicks() const { return Field(22); }
  int64_t ExitSignal() const { return Field(38); }

  // ENOENT or ESRCH when there is no such task; EBADMSG when the text is not a stat line.
  static Result<ProcStat> Read(pid_t pid);
  // Of one thread: /proc/PID/task/TID/stat.
  static Result<ProcStat> ReadThread(pid_t pid, pid_t tid);
  static Result<ProcStat> Parse(std::string_view text);
};

// The value of one "Name:\tvalue" line of /proc/PID/status; ENODATA when the line is not there.
Result<std::string> ReadProcStatus(pid_t pid, std::string_view name);

// A small file whole (procfs and sysfs files report no size); errors of open(2) and read(2).
Result<std::string> ReadSmallFile(const std::string& path);

}  // namespace procmark::sys

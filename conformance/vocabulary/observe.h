// SPDX-License-Identifier: MIT
// Looking at tasks: their state in /proc, and what the wait family answers. The functions that wait
// poll /proc; they wait only for states that are stable.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <string>
#include <string_view>

#include "harness/sys/proc_stat.h"

namespace procmark::conformance {

// "/proc/PID/FILE" and "/proc/PID/task/TID/FILE". Without a file, the folder.
std::string ProcPath(pid_t pid, std::string_view file = {});
std::string TaskPath(pid_t pid, pid_t tid, std::string_view file = {});

// Success once the task is in one of `states` (letters of /proc/PID/stat) and stays there: two
// looks in a row must show the same letter and, except for R, the same count of context switches.
// Fails with the last letter seen when the test's deadline passes or the task is gone. Do not ask
// it for Z: a live process shows Z while one of its threads execs. Use ScopedChild::AwaitZombie.
testing::AssertionResult AwaitState(pid_t pid, std::string_view states);
// The same for one thread of a process.
testing::AssertionResult AwaitThreadState(pid_t pid, pid_t tid, std::string_view states);

// Success once /proc/PID is gone. For processes that init reaps, not the test.
testing::AssertionResult AwaitGone(pid_t pid);

// /proc/PID/stat now. Throws std::system_error when there is no such task.
sys::ProcStat Stat(pid_t pid);
// The value of one line of /proc/PID/status, or "" when the task has no such line. Throws
// std::system_error when there is no such task.
std::string StatusLine(pid_t pid, std::string_view name);

// What wait4(2) answered.
struct Waited {
  pid_t pid = 0;   // -1 on failure
  int error = 0;   // errno on failure, else 0
  int status = 0;  // raw; kUntouched unless the kernel wrote it
  rusage usage{};
};
inline constexpr int kUntouched = 0x5a5a5a5a;
// The wait4(2) system call itself. It is not restarted: EINTR is reported.
Waited Wait4(pid_t pid, int options);

// What waitid(2) answered.
struct WaitedId {
  int result = 0;  // -1 on failure
  int error = 0;   // errno on failure, else 0
  siginfo_t info;  // filled with 0xa5 unless the kernel wrote it
  rusage usage;    // likewise; the fifth argument of the system call
};
// The waitid(2) system call itself. `idtype` is an int so that tests can pass a wrong one.
WaitedId WaitId(int idtype, pid_t id, int options);

// Success when the caller has no child of any kind, living or dead. Does not block.
testing::AssertionResult HasNoChild();

}  // namespace procmark::conformance

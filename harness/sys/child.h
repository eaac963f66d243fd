// SPDX-License-Identifier: MIT
// Child: the owner of a child process. Its destructor kills and reaps: no test, benchmark or guest
// can leave one behind by returning early.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/pid.h"
#include "harness/sys/result.h"

namespace procmark::sys {

class Child {
 public:
  struct Options {
    // Descriptors the new program gets: its number -> ours. 0, 1 and 2 default to /dev/null.
    std::map<int, int> fds;
    // A process group of its own, so that a terminal's Ctrl-C does not reach it.
    bool own_process_group = true;
    // With a group of its own: the rest of the group is killed when Wait() sees the child's end.
    bool group_ends_with_it = false;
    // PR_SET_PDEATHSIG(SIGKILL): it dies with the thread that spawned it, even by kill -9.
    bool die_with_parent = true;
    // Applied on top of our environment; an empty value removes the variable.
    std::map<std::string, std::string> environment;
  };

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // fork + execvp. An exec that fails is returned here as its errno (ENOENT: no such program).
  static Result<Child> Spawn(const std::vector<std::string>& argv, const Options& options);

  // fork + body in the child; body's return value becomes its exit status by _exit(2).
  static Result<Child> Fork(const std::function<int()>& body);

  Pid Id() const { return pid_; }
  // A pidfd of this child; readable by poll(2) once the child has ended.
  int PidFd() const { return pidfd_.Get(); }

  // The raw wait status once the child has ended, and reaps it; nothing if the deadline passes
  // first (the child then lives on). May be called again: the status is kept.
  Result<std::optional<int>> Wait(Deadline deadline);

  // Through the pidfd, so a reused pid can never be hit. ESRCH after it was reaped.
  Result<void> Signal(int signal) const;

  // SIGKILL to the child (and its process group if it has its own), then reaps. Idempotent.
  void KillAndReap();

 private:
  Child(Pid pid, Fd pidfd, bool own_group, bool group_ends_with_it)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        own_group_(own_group),
        group_ends_with_it_(group_ends_with_it) {}
  Pid pid_;
  Fd pidfd_;
  bool own_group_ = false;
  bool group_ends_with_it_ = false;
  bool owned_ = true;
  std::optional<int> status_;
};

// "exit status 3", "killed by signal 9 (SIGKILL)".
std::string DescribeWaitStatus(int status);

// What a finished command printed.
struct CommandOutput {
  int status = 0;  // raw wait status
  std::string out;
  std::string err;
};

// Runs argv to its end and collects both streams. ETIMEDOUT when the deadline passes (the command
// is killed first), EINTR when an Interrupt came (killed too). Errors of Spawn pass through.
Result<CommandOutput> RunCommand(const std::vector<std::string>& argv, Deadline deadline,
                                 const std::map<std::string, std::string>& environment = {});

}  // namespace procmark::sys

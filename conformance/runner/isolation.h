// SPDX-License-Identifier: MIT
// The namespaces of a test: its own ones where the kernel and the user allow it.
#pragma once

#include <string>

#include "harness/sys/fd.h"
#include "harness/sys/result.h"

namespace procmark::conformance {

enum class Isolation {
  kNamespaces,     // new pid, mount and ipc namespaces
  kUserNamespace,  // the same, and a new user namespace that maps the caller's uid to itself
  kNone,           // only a new session
};

struct IsolationChoice {
  Isolation kind = Isolation::kNone;
  std::string why;  // why it is not kNamespaces, or "as asked"; empty for kNamespaces
};

// Finds the strongest isolation that works here, by trying each in a short-lived process.
IsolationChoice ChooseIsolation();

// The isolation of a name: "namespaces", "user" or "none" (--procmark_isolation). Throws
// sys::Complaint (usage) for any other name.
Isolation IsolationByName(const std::string& name);

// One sentence for the first line of a run.
std::string DescribeIsolation(const IsolationChoice& choice);

// Forks a process into new namespaces of `kind`. Returns 0 in the new process, which is pid 1 of
// its namespace unless kind is kNone. Returns its pid in the caller and sets *pidfd. The errors are
// those of clone3(2).
sys::Result<pid_t> ForkIsolated(Isolation kind, sys::Fd* pidfd);

// Completes the isolation in the new process: maps its uid, mounts a private /proc and a private
// /tmp, and makes /tmp the working directory. Does nothing for kNone. The Error names the step that
// failed.
sys::Result<void> EnterIsolation(Isolation kind, uid_t outer_uid, gid_t outer_gid);

}  // namespace procmark::conformance

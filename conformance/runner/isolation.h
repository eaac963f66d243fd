// Where a test runs: namespaces of its own when this kernel and this user allow it.
#pragma once

#include <string>

#include "harness/sys/fd.h"
#include "harness/sys/result.h"

namespace procmark::conformance {

enum class Isolation {
  kNamespaces,     // pid, mount and ipc namespaces
  kUserNamespace,  // the same inside a user namespace of the caller's own uid
  kNone,           // a session of its own, nothing more
};

struct IsolationChoice {
  Isolation kind = Isolation::kNone;
  std::string why;  // of anything weaker than kNamespaces: what refused
};

// Tries, in throw-away processes, the strongest isolation that works here.
IsolationChoice ChooseIsolation();

// The isolation called "namespaces", "user" or "none" (--procmark_isolation). Throws
// sys::Complaint (usage) for another name.
Isolation IsolationByName(const std::string& name);

// One sentence for the head of a run.
std::string DescribeIsolation(const IsolationChoice& choice);

// fork with the namespaces of `kind`. Returns 0 in the new process (pid 1 of its namespace unless
// kNone), its pid in the caller with *pidfd filled. Errors of clone3(2).
sys::Result<pid_t> ForkIsolated(Isolation kind, sys::Fd* pidfd);

// In the new process: maps its uid, mounts a private /proc and a private /tmp, goes to /tmp.
// Nothing to do for kNone. The Error names the step that failed.
sys::Result<void> EnterIsolation(Isolation kind, uid_t outer_uid, gid_t outer_gid);

}  // namespace procmark::conformance

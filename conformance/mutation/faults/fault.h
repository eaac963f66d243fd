// SPDX-License-Identifier: MIT
// Fault: one way in which a kernel can be wrong. It is described as changes to the system calls of
// the tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/mutation/faults/call.h"

namespace procmark::fault {

// Is true when (argument & mask) == value, or != value if `equal` is false. Looks at the low 32
// bits of the argument only.
struct Condition {
  int argument;
  uint32_t mask;
  uint32_t value;
  bool equal = true;
};

// What happens to the calls of one system call when all conditions are true. With `edit`, a tracer
// changes the call. Without it, seccomp skips the call and returns `error` (0 is success), and no
// tracer is needed.
struct Rule {
  long number;
  std::vector<Condition> when = {};
  Call::Edit edit = {};
  int error = 0;
};

struct Fault {
  const char* name;      // "clone_files"
  const char* sentence;  // what this kernel does wrong
  const char* breaks;    // the source that it contradicts: a manual page or a kernel function
  std::vector<Rule> rules;
  // Is called for every new task of a test before its first instruction.
  std::function<void(pid_t task)> at_birth = {};

  // True when a tracer is needed.
  bool NeedsTracer() const;
};

// Every fault. The first is "none": it uses the same tracer and changes nothing.
const std::vector<Fault>& AllFaults();
// The fault with this name, or nullptr.
const Fault* FindFault(const std::string& name);

// The parts of AllFaults.
std::vector<Fault> CloneFaults();
std::vector<Fault> CloneCheckFaults();
std::vector<Fault> WaitFaults();
std::vector<Fault> SignalFaults();
std::vector<Fault> IdentityFaults();
std::vector<Fault> MemoryFaults();
std::vector<Fault> SettingFaults();

// A rule that skips the call and returns success when all conditions are true.
Rule Ignored(long number, std::vector<Condition> when = {});

}  // namespace procmark::fault

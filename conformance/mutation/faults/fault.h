// Fault: one way in which a kernel may be wrong, told as changes to the system calls of the
// conformance program's tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/mutation/faults/call.h"

namespace procmark::fault {

// Holds when (argument & mask) == value, or != value; the low 32 bits of the argument count.
struct Condition {
  int argument;
  uint32_t mask;
  uint32_t value;
  bool equal = true;
};

// What happens to one system call. Without an edit the kernel answers `error` (0: success) by
// seccomp alone: no tracer is needed and nothing else about the task changes.
struct Rule {
  long number;
  std::vector<Condition> when = {};
  Call::Edit edit = {};
  int error = 0;
};

struct Fault {
  const char* name;      // "clone_files"
  const char* sentence;  // what this kernel does wrong
  const char* breaks;    // the promise that is broken: a manual page, or a kernel function
  std::vector<Rule> rules;
  // Done to every new task but those of the runner, before its first instruction.
  std::function<void(pid_t task)> at_birth = {};

  // True when the program's tasks must be traced.
  bool NeedsTracer() const;
};

// Every fault, the one called "none" first: the same machinery, and nothing wrong.
const std::vector<Fault>& AllFaults();
// Nullptr when there is none of that name.
const Fault* FindFault(const std::string& name);

// The parts of AllFaults.
std::vector<Fault> CloneFaults();
std::vector<Fault> CloneCheckFaults();
std::vector<Fault> WaitFaults();
std::vector<Fault> SignalFaults();
std::vector<Fault> IdentityFaults();
std::vector<Fault> MemoryFaults();
std::vector<Fault> SettingFaults();

// A rule that says success and does nothing, when all of `when` hold.
Rule Ignored(long number, std::vector<Condition> when = {});

}  // namespace procmark::fault

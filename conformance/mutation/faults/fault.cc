// SPDX-License-Identifier: MIT
#include "conformance/mutation/faults/fault.h"

#include <sys/syscall.h>

#include <algorithm>
#include <iterator>

namespace procmark::fault {
namespace {

std::vector<Fault> MakeAll() {
  std::vector<Fault> all = {
      {.name = "none",
       .sentence = "Nothing is wrong; the tracer stops at the calls that other faults change.",
       .breaks = "",
       .rules = {{SYS_clone, {}, [](Call&) {}},
                 {SYS_clone3, {}, [](Call& call) { call.AtReturn([](Call&) {}); }},
                 {SYS_wait4, {}, [](Call& call) { call.AtReturn([](Call&) {}); }},
                 {SYS_execve, {}, [](Call&) {}}}}};
  for (auto* part : {&CloneFaults, &CloneCheckFaults, &WaitFaults, &SignalFaults, &IdentityFaults,
                     &MemoryFaults, &SettingFaults}) {
    std::ranges::move(part(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

bool Fault::NeedsTracer() const {
  return at_birth != nullptr ||
         std::ranges::any_of(rules, [](const Rule& rule) { return rule.edit != nullptr; });
}

const std::vector<Fault>& AllFaults() {
  static const std::vector<Fault> all = MakeAll();
  return all;
}

const Fault* FindFault(const std::string& name) {
  const auto found = std::ranges::find(AllFaults(), name, &Fault::name);
  return found == AllFaults().end() ? nullptr : &*found;
}

Rule Ignored(long number, std::vector<Condition> when) {
  return {.number = number, .when = std::move(when)};
}

}  // namespace procmark::fault

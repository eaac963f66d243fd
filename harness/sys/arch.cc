// SPDX-License-Identifier: MIT
#include "harness/sys/arch.h"

#include "harness/sys/complaint.h"

namespace procmark::sys {

const Arch& RequireArch(std::string_view name) {
  if (const Arch* arch = FindArch(name)) return *arch;
  ThrowUsage("unknown architecture '" + std::string(name) + "'; it is one of " + ArchNames());
}

std::string ArchNames() {
  std::string names;
  for (const Arch& arch : kArchs) {
    if (!names.empty()) names += ", ";
    names += arch.name;
  }
  return names;
}

}  // namespace procmark::sys

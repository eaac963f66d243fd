// SPDX-License-Identifier: MIT
// `needs COMMAND …`: prints what ./run.sh must build and install before that command can run.
#include <fmt/format.h>

#include <set>

#include "harness/cell/installation.h"
#include "harness/cell/qemu_argv.h"
#include "harness/cell/spec.h"
#include "harness/cli/commands.h"
#include "harness/sys/complaint.h"

namespace procmark::cli {

std::vector<std::string> CellsOfStored() {
  try {
    (void)cell::FindPrograms(cell::HostArch());
    return {};
  } catch (const sys::Complaint&) {
    return {"native"};  // not built yet
  }
}

void PrintNeeds(const std::vector<std::string>& cells) {
  // The programs of this machine are always needed: they are asked for their lists.
  std::set<std::string> lines;
  for (const std::string& cell : cells) {
    lines.insert(fmt::format("programs {}", cell::HostArch()));
    const cell::CellSpec spec = cell::CellSpec::Parse(cell);
    if (spec.native) continue;
    lines.insert(fmt::format("programs {}", spec.arch));
    lines.insert(fmt::format("package {}", cell::QemuPackage(spec.arch)));
  }
  for (const std::string& line : lines) fmt::print("{}\n", line);
}

}  // namespace procmark::cli

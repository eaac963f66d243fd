// SPDX-License-Identifier: MIT
#include "harness/cell/installation.h"

#include <fmt/format.h>

#include <cstdlib>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

namespace fs = std::filesystem;

fs::path BuildFolder() {
  const char* set = std::getenv("PROCMARK_BUILD");
  if (set != nullptr && *set != '\0') return set;
  const fs::path program = fs::read_symlink("/proc/self/exe");
  // PREFIX/bin/procmark, or BUILD/harness/harness/procmark.
  const fs::path installed = program.parent_path().parent_path() / "lib" / "procmark";
  return fs::exists(installed) ? installed : program.parent_path().parent_path().parent_path();
}

}  // namespace

Programs FindPrograms(const std::string& arch) {
  const fs::path root = BuildFolder() / ("programs-" + arch);
  Programs programs{root / "bench" / "procmark-bench",
                    root / "conformance" / "procmark-conformance",
                    root / "images" / "procmark-init"};
  for (const fs::path& program : {programs.bench, programs.conformance, programs.init}) {
    if (!fs::exists(program)) {
      sys::ThrowUsage(
          fmt::format("the programs for {} are not built ({} is missing): start by ./run.sh, which "
                      "builds what a command needs",
                      arch, program.string()));
    }
  }
  return programs;
}

fs::path FindImagesTool() {
  fs::path tool = BuildFolder() / "harness" / "images" / "procmark-images";
  if (!fs::exists(tool)) {
    sys::ThrowUsage(fmt::format("{} is not built; start procmark by ./run.sh", tool.string()));
  }
  return tool;
}

fs::path FindProfilePlugin() {
  fs::path plugin = BuildFolder() / "harness" / "harness" / "explain" / "procmark-profile.so";
  if (!fs::exists(plugin)) {
    sys::ThrowUsage(fmt::format("{} is not built; start procmark by ./run.sh", plugin.string()));
  }
  return plugin;
}

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
#include "bench/driver/embedded.h"

#include <algorithm>

#include "harness/sys/complaint.h"

namespace {

struct Row {
  const char* name;
  const char* begin;
  const char* end;
};

}  // namespace

extern "C" {
// The bounds of embedded.S's table. The linker makes them from the section's name.
extern const Row __start_procmark_programs[];
extern const Row __stop_procmark_programs[];
}

namespace procmark::bench {
namespace {

const std::vector<Embedded>& AllPrograms() {
  static const std::vector<Embedded> programs = [] {
    std::vector<Embedded> all;
    for (const Row* row = __start_procmark_programs; row != __stop_procmark_programs; ++row)
      all.push_back({row->name, {row->begin, static_cast<size_t>(row->end - row->begin)}});
    return all;
  }();
  return programs;
}

}  // namespace

const std::vector<Embedded>& MeasuringPrograms() {
  static const std::vector<Embedded> programs = [] {
    std::vector<Embedded> measuring;
    for (const Embedded& each : AllPrograms()) {
      if (each.name.starts_with("procmark-subject-") || each.name.starts_with("procmark-limit-"))
        measuring.push_back(each);
    }
    return measuring;
  }();
  return programs;
}

const Embedded& EmbeddedProgram(std::string_view name) {
  const std::vector<Embedded>& all = AllPrograms();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Embedded& each) { return each.name == name; });
  if (found == all.end()) sys::ThrowLost("procmark-bench carries no program " + std::string(name));
  return *found;
}

}  // namespace procmark::bench

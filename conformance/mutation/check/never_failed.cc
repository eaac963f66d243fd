// SPDX-License-Identifier: MIT
#include "conformance/mutation/check/never_failed.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "conformance/mutation/check/fault_table.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {
namespace {

nlohmann::json ListTests(const std::string& conformance) {
  const sys::Result<sys::CommandOutput> listed =
      sys::RunCommand({conformance, "--procmark_list"}, sys::Deadline::After(10'000));
  if (!listed || listed.Value().status != 0) {
    sys::ThrowLost(conformance + " --procmark_list failed");
  }
  return nlohmann::json::parse(listed.Value().out);
}

}  // namespace

int PrintNeverFailed(const std::string& conformance, const std::string& faults,
                     const std::string& pins) {
  std::set<std::string> by_fault;
  for (const FaultRow& row : ReadFaultTable(faults)) {
    by_fault.insert(row.caught_by.begin(), row.caught_by.end());
  }
  std::set<std::string> by_qemu;
  const nlohmann::json pinned = nlohmann::json::parse(ReadText(pins));
  for (const nlohmann::json& group : pinned.at("groups")) {
    for (const std::string test : group.at("tests")) by_qemu.insert(test);
  }
  size_t tests = 0;
  size_t never_failed = 0;
  for (const nlohmann::json& test : ListTests(conformance)) {
    const std::vector<std::string> tags = test.at("tags");
    if (tags == std::vector<std::string>{"broken"}) continue;
    ++tests;
    const std::string name = test.at("name");
    if (by_fault.contains(name) || by_qemu.contains(name)) continue;
    ++never_failed;
    std::printf("%s\n", name.c_str());
  }
  std::printf("%zu tests: %zu fail on a faulty kernel, %zu under qemu-user, %zu on neither\n",
              tests, by_fault.size(), by_qemu.size(), never_failed);
  return 0;
}

}  // namespace procmark::mutation

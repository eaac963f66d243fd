// SPDX-License-Identifier: MIT
#include "harness/compare/setup_differences.h"

#include <set>

namespace procmark::compare {
namespace {

using Map = std::map<std::string, std::string>;

std::optional<std::string> ValueOf(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

void AddMap(const char* where, const Map& a, const Map& b,
            std::vector<SetupDifference>& differences) {
  std::set<std::string> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  for (const std::string& key : keys) {
    // These are results of the measurement, not conditions.
    if (key.starts_with("measured.")) continue;
    const auto value_a = ValueOf(a, key);
    const auto value_b = ValueOf(b, key);
    if (value_a != value_b) differences.push_back({where, key, value_a, value_b});
  }
}

Map ConfigOf(const Side& side, const store::Cell& cell) {
  const auto sha256 = ValueOf(cell.environment, "kernel.config_sha256");
  if (!sha256) return {};
  const auto found = side.run->kernel_configs.find(*sha256);
  return found == side.run->kernel_configs.end() ? Map() : found->second;
}

}  // namespace

void AddSetupDifferences(const Side& a, const store::Cell& cell_a, const Side& b,
                         const store::Cell& cell_b, std::vector<SetupDifference>& differences) {
  AddMap("input", cell_a.inputs, cell_b.inputs, differences);
  AddMap("environment", cell_a.environment, cell_b.environment, differences);
  if (a.run != b.run) AddMap("host", a.run->environment, b.run->environment, differences);
  const Map config_a = ConfigOf(a, cell_a);
  const Map config_b = ConfigOf(b, cell_b);
  // With an unknown configuration, every option would differ.
  if (!config_a.empty() && !config_b.empty()) {
    AddMap("kernel config", config_a, config_b, differences);
  }
}

}  // namespace procmark::compare

// Key by key.
#include "harness/compare/differences.h"

#include <set>

namespace procmark::compare {
namespace {

using Map = std::map<std::string, std::string>;

std::optional<std::string> ValueOf(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

void AddMap(const char* where, const Map& a, const Map& b, std::vector<Difference>& differences) {
  std::set<std::string> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  for (const std::string& key : keys) {
    const auto value_a = ValueOf(a, key);
    const auto value_b = ValueOf(b, key);
    if (value_a != value_b) differences.push_back({where, key, value_a, value_b});
  }
}

}  // namespace

void AddDifferences(const Side& a, const store::Cell& cell_a, const Side& b,
                    const store::Cell& cell_b, std::vector<Difference>& differences) {
  AddMap("input", cell_a.inputs, cell_b.inputs, differences);
  AddMap("environment", cell_a.environment, cell_b.environment, differences);
  if (a.run != b.run) AddMap("host", a.run->environment, b.run->environment, differences);
  AddMap("kernel config", a.kernel_config, b.kernel_config, differences);
}

}  // namespace procmark::compare

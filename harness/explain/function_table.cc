// SPDX-License-Identifier: MIT
#include "harness/explain/function_table.h"

#include <algorithm>
#include <map>

namespace procmark::explain {

std::vector<FunctionCost> FunctionsOf(const CallTree& tree) {
  std::map<std::string, FunctionCost> functions;
  const std::vector<Cost> self = tree.SelfCosts();
  for (size_t i = 0; i < self.size(); ++i) {
    if (self[i] == Cost{} && tree.nodes[i].calls == 0) continue;
    FunctionCost& function = functions[BaseName(tree.nodes[i].name)];
    function.calls += tree.nodes[i].calls;
    function.self += self[i];
  }
  std::vector<FunctionCost> sorted;
  for (auto& [name, function] : functions) {
    function.function = name;
    sorted.push_back(std::move(function));
  }
  std::ranges::stable_sort(sorted, std::ranges::greater(),
                           [](const FunctionCost& one) { return one.self.elapsed; });
  return sorted;
}

}  // namespace procmark::explain

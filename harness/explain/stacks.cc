// SPDX-License-Identifier: MIT
#include "harness/explain/stacks.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace procmark::explain {
namespace {

using Json = nlohmann::json;

// A node's name among frames. Brackets mark what is no call, as perf's do.
std::string FrameName(const TreeNode& node) {
  switch (node.kind) {
    case NodeKind::kInlined:
      return BaseName(node.name) + "_[i]";
    case NodeKind::kInterrupts:
    case NodeKind::kUserSpace:
      return "[" + node.name + "]";
    default:
      return BaseName(node.name);
  }
}

// Nodes of the path, the outermost first, without the root.
std::vector<uint32_t> PathTo(const CallTree& tree, uint32_t node) {
  std::vector<uint32_t> path;
  for (; node != 0; node = tree.nodes[node].parent) path.push_back(node);
  std::ranges::reverse(path);
  return path;
}

}  // namespace

std::map<std::string, int64_t> StackCounts(const Explanation& explanation) {
  const CallTree& tree = explanation.tree;
  const std::vector<Cost> self = tree.SelfCosts();
  std::map<std::string, int64_t> lines;
  for (uint32_t i = 0; i < tree.nodes.size(); ++i) {
    if (self[i].elapsed == 0) continue;
    std::string line;
    for (const uint32_t node : PathTo(tree, i)) {
      line += (line.empty() ? "" : ";") + FrameName(tree.nodes[node]);
    }
    lines[line] += self[i].elapsed;
  }
  if (explanation.idle > 0) lines["[idle]"] += explanation.idle;
  return lines;
}

std::string CollapsedStacks(const Explanation& explanation) {
  std::string text;
  for (const auto& [line, count] : StackCounts(explanation))
    text += line + " " + std::to_string(count) + "\n";
  return text;
}

std::string Speedscope(const Explanation& explanation) {
  const CallTree& tree = explanation.tree;
  const std::vector<Cost> self = tree.SelfCosts();
  std::map<std::string, size_t> numbers;
  Json frames = Json::array();
  const auto frame_of = [&](const TreeNode& node) {
    const auto [known, added] = numbers.try_emplace(FrameName(node), frames.size());
    if (added) frames.push_back({{"name", known->first}});
    return known->second;
  };
  Json profiles = Json::array();
  const auto add = [&](const char* name, int64_t Cost::*count) {
    Json samples = Json::array();
    Json weights = Json::array();
    int64_t sum = 0;
    for (uint32_t i = 0; i < tree.nodes.size(); ++i) {
      if (self[i].*count == 0) continue;
      Json stack = Json::array();
      for (const uint32_t node : PathTo(tree, i)) stack.push_back(frame_of(tree.nodes[node]));
      samples.push_back(std::move(stack));
      weights.push_back(self[i].*count);
      sum += self[i].*count;
    }
    profiles.push_back({{"type", "sampled"},
                        {"name", name},
                        {"unit", "none"},
                        {"startValue", 0},
                        {"endValue", sum},
                        {"samples", std::move(samples)},
                        {"weights", std::move(weights)}});
  };
  add("elapsed instructions", &Cost::elapsed);
  add("retired instructions", &Cost::retired);
  const Json json = {{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                     {"exporter", "procmark"},
                     {"name", explanation.benchmark + " in " + explanation.cell},
                     {"activeProfileIndex", 0},
                     {"shared", {{"frames", frames}}},
                     {"profiles", profiles}};
  return json.dump() + "\n";
}

}  // namespace procmark::explain

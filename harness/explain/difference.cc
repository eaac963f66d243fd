// SPDX-License-Identifier: MIT
#include "harness/explain/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "harness/explain/phases.h"
#include "harness/explain/stacks.h"

namespace procmark::explain {
namespace {

std::string Joined(const std::vector<const FunctionContext*>& functions) {
  std::string names;
  for (const FunctionContext* one : functions) {
    names += (names.empty() ? "" : " + ") + one->cost.function;
  }
  return names;
}

std::string NameOf(const FunctionMatch& match) {
  if (match.a.empty()) return Joined(match.b);
  if (match.b.empty()) return Joined(match.a);
  const std::string a = Joined(match.a);
  const std::string b = Joined(match.b);
  return a == b ? a : a + " -> " + b;
}

std::string NoteOf(const FunctionMatch& match) {
  switch (match.kind) {
    case MatchKind::kSame:
      return "";
    case MatchKind::kRenamed:
      return "matched by name and caller";
    case MatchKind::kAlike:
      return "matched by caller, calls and cost";
    case MatchKind::kMoved:
      return "matched by cost: one side has it in its caller";
    case MatchKind::kOnlyA:
      return "gone";
    case MatchKind::kOnlyB:
      return "new";
  }
  return "";
}

// The code of a function that is executed most often, by base name.
std::map<std::string, CodeCount> HottestCode(const Explanation& explanation) {
  std::map<std::string, CodeCount> hottest;
  for (const CodeCount& code : explanation.code) {
    hottest.try_emplace(BaseName(code.function), code);  // sorted: the first is the hottest
  }
  return hottest;
}

// Says which code was executed more often, when that alone is most of the change.
std::string LoopNote(const DifferenceRow& row, const std::map<std::string, CodeCount>& a,
                     const std::map<std::string, CodeCount>& b) {
  const auto of_b = b.find(row.name);
  if (of_b == b.end()) return "";
  const auto of_a = a.find(row.name);
  const CodeCount& code = of_b->second;
  const int64_t before = of_a == a.end() ? 0 : of_a->second.times;
  const int64_t more = (code.times - before) * code.instructions;
  if (code.times < 2 * before || 2 * more < row.Change().elapsed || more <= 0) return "";
  return fmt::format(
      "a loop of {} instructions at {:+#x} ran {} times; none ran more than {} before",
      code.instructions, code.offset, code.times, before);
}

std::vector<DifferenceRow> FunctionRows(const Explanation& a, const Explanation& b) {
  const std::vector<FunctionContext> of_a = FunctionContextsOf(a.tree);
  const std::vector<FunctionContext> of_b = FunctionContextsOf(b.tree);
  const std::map<std::string, CodeCount> hottest_a = HottestCode(a);
  const std::map<std::string, CodeCount> hottest_b = HottestCode(b);
  std::vector<DifferenceRow> rows;
  for (const FunctionMatch& match : MatchFunctions(of_a, of_b)) {
    DifferenceRow row;
    row.name = NameOf(match);
    row.note = NoteOf(match);
    for (const FunctionContext* one : match.a) {
      row.a += one->cost.self;
      row.calls_a += one->cost.calls;
    }
    for (const FunctionContext* one : match.b) {
      row.b += one->cost.self;
      row.calls_b += one->cost.calls;
    }
    if (row.a == row.b && row.calls_a == row.calls_b) continue;
    if (match.kind == MatchKind::kSame) row.note = LoopNote(row, hottest_a, hottest_b);
    rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), [](const DifferenceRow& row) {
    return std::make_pair(std::abs(row.Change().elapsed), std::abs(row.Change().retired));
  });
  return rows;
}

// Rows of parts that have names, in the order of `a`, then those that only `b` has.
template <typename Part, typename NameOfPart, typename CostOfPart>
std::vector<DifferenceRow> NamedRows(const std::vector<Part>& a, const std::vector<Part>& b,
                                     const NameOfPart& name_of, const CostOfPart& cost_of) {
  std::vector<DifferenceRow> rows;
  const auto row_of = [&](const std::string& name) -> DifferenceRow& {
    const auto known = std::ranges::find(rows, name, &DifferenceRow::name);
    if (known != rows.end()) return *known;
    rows.push_back({name, "", {}, {}, 0, 0});
    return rows.back();
  };
  for (const Part& part : a) row_of(name_of(part)).a += cost_of(part);
  for (const Part& part : b) row_of(name_of(part)).b += cost_of(part);
  std::erase_if(rows, [](const DifferenceRow& row) { return row.a == row.b; });
  return rows;
}

struct StageCost {
  std::string name;
  Cost cost;
};

std::vector<StageCost> StageCosts(const Explanation& explanation) {
  std::vector<StageCost> costs;
  for (size_t stage = 0; stage < explanation.stages.size(); ++stage) {
    StageCost& cost = costs.emplace_back(StageCost{explanation.stages[stage], {}});
    for (const TreeNode& node : explanation.tree.nodes) cost.cost += node.self[stage];
  }
  return costs;
}

}  // namespace

Difference Compare(const Explanation& a, const Explanation& b) {
  Difference difference;
  difference.a = Total(a);
  difference.b = Total(b);
  difference.idle_a = a.idle;
  difference.idle_b = b.idle;
  difference.functions = FunctionRows(a, b);
  difference.phases = NamedRows(
      PhasesOf(a.tree), PhasesOf(b.tree),
      [](const PhaseCost& phase) { return phase.group + ": " + phase.phase; },
      [](const PhaseCost& phase) { return phase.all; });
  if (a.stages == b.stages) {
    difference.stages = NamedRows(
        StageCosts(a), StageCosts(b), [](const StageCost& stage) { return stage.name; },
        [](const StageCost& stage) { return stage.cost; });
  }
  return difference;
}

std::string CollapsedDifference(const Explanation& a, const Explanation& b) {
  std::map<std::string, std::pair<int64_t, int64_t>> lines;
  for (const auto& [path, count] : StackCounts(a)) lines[path].first += count;
  for (const auto& [path, count] : StackCounts(b)) lines[path].second += count;
  std::string text;
  for (const auto& [path, counts] : lines) {
    text += fmt::format("{} {} {}\n", path, counts.first, counts.second);
  }
  return text;
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "harness/compare/compare.h"

#include <fmt/format.h>

#include "harness/compare/judge.h"
#include "harness/compare/setup_differences.h"
#include "harness/compare/slope_change.h"
#include "harness/compare/test_changes.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {
namespace {

std::string RunLabel(const store::Run& run) {
  return run.name.empty() ? run.id : fmt::format("{} ({})", run.id, run.name);
}

bool Wanted(const Rules& rules, const std::string& benchmark) {
  return rules.only.empty() || rules.only.contains(benchmark);
}

void RefuseUnknownNames(const Rules& rules, const SideSlices& a, const SideSlices& b) {
  for (const std::string& name : rules.only) {
    if (a.of.contains(name) || b.of.contains(name)) continue;
    sys::ThrowUsage(fmt::format("neither side measured '{}': correct the name", name));
  }
}

// Returns the benchmarks that both sides have in the same unit, by name. The others become
// warnings.
std::vector<Matched> Match(const Side& a, const Side& b, const Rules& rules,
                           std::vector<Warning>& warnings) {
  const SideSlices slices_a = SlicesOf(a);
  const SideSlices slices_b = SlicesOf(b);
  RefuseUnknownNames(rules, slices_a, slices_b);
  std::vector<Matched> matched;
  for (const std::string& name : slices_b.order) {
    if (!Wanted(rules, name)) continue;
    const SliceList& list_b = slices_b.of.at(name);
    const auto found = slices_a.of.find(name);
    if (found == slices_a.of.end()) {
      warnings.push_back({name, "only side b measured it, so it is not compared"});
    } else if (found->second.front()->slice.unit != list_b.front()->slice.unit) {
      warnings.push_back(
          {name, fmt::format("side a measured it in {} and side b in {}, so it is not compared",
                             found->second.front()->slice.unit, list_b.front()->slice.unit)});
    } else {
      matched.push_back({name, found->second, list_b});
    }
  }
  for (const std::string& name : slices_a.order) {
    if (!Wanted(rules, name) || slices_b.of.contains(name)) continue;
    warnings.push_back({name, "only side a measured it, so it is not compared"});
  }
  return matched;
}

void WarnAboutTwoRuns(store::Clock clock, std::vector<Warning>& warnings) {
  warnings.push_back(
      {"",
       fmt::format("the sides are two separate runs on a noisy clock ({}), so their slices "
                   "cannot be paired and the intervals are wide; a difference may come from the "
                   "time of day and not from the kernel; to be sure, measure both sides "
                   "interleaved in one run",
                   store::ClockName(clock))});
}

bool SameKnownInputs(const store::Cell& a, const store::Cell& b, std::vector<Warning>& warnings) {
  if (a.inputs.empty() || b.inputs.empty()) {
    warnings.push_back(
        {"", "the inputs of a side are unknown, so equal samples cannot be called identical"});
    return false;
  }
  return a.inputs == b.inputs;
}

void WarnAboutIncomplete(const Side& side, const char* name, std::vector<Warning>& warnings) {
  if (side.run->complete) return;
  warnings.push_back({"", fmt::format("run {} (side {}) was cut short, so only what it recorded is "
                                      "compared",
                                      RunLabel(*side.run), name)});
}

void RefuseDifferentClocks(const store::Cell& a, const store::Cell& b) {
  if (a.clock == b.clock) return;
  sys::ThrowUsage(
      fmt::format("cell '{}' was measured by clock {} and cell '{}' by clock {}: "
                  "compare cells of the same clock",
                  a.name, store::ClockName(a.clock), b.name, store::ClockName(b.clock)));
}

}  // namespace

Comparison Compare(const Side& a, const Side& b, const Rules& rules) {
  const store::Cell& cell_a = FindCell(*a.run, a.cell);
  const store::Cell& cell_b = FindCell(*b.run, b.cell);
  RefuseDifferentClocks(cell_a, cell_b);
  Comparison comparison;
  comparison.run_a = RunLabel(*a.run);
  comparison.run_b = RunLabel(*b.run);
  comparison.cell_a = a.cell;
  comparison.cell_b = b.cell;
  comparison.clock = cell_a.clock;
  WarnAboutIncomplete(a, "a", comparison.warnings);
  if (!SameRun(a, b)) WarnAboutIncomplete(b, "b", comparison.warnings);

  const std::vector<Matched> matched = Match(a, b, rules, comparison.warnings);
  switch (cell_a.clock) {
    case store::Clock::kWall:
    case store::Clock::kKvm:
      if (!SameRun(a, b) && !matched.empty()) WarnAboutTwoRuns(cell_a.clock, comparison.warnings);
      comparison.benchmarks = JudgeNoisy(matched, SameRun(a, b), rules, comparison.warnings);
      break;
    case store::Clock::kExact: {
      const bool same = SameKnownInputs(cell_a, cell_b, comparison.warnings);
      comparison.benchmarks = JudgeExact(matched, same, rules, comparison.warnings);
      break;
    }
    case store::Clock::kTcg:
      comparison.benchmarks = ShowWithoutVerdict(matched);
      break;
  }
  comparison.slopes = CompareSlopes(a, b, rules);
  AddTestChanges(a, b, rules.expectations, comparison);
  AddSetupDifferences(a, cell_a, b, cell_b, comparison.differences);
  return comparison;
}

}  // namespace procmark::compare

// Compare: match benchmarks, hand them to the judge of their clock, gather what differs.
#include "harness/compare/compare.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/compare/judge.h"
#include "harness/compare/setup_differences.h"
#include "harness/compare/sweep_slope.h"
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

// The benchmarks of both sides, in b's order; those of one side only become warnings.
std::vector<Matched> Match(const Side& a, const Side& b, const Rules& rules,
                           std::vector<Warning>& warnings) {
  const SideSlices slices_a = SlicesOf(a);
  const SideSlices slices_b = SlicesOf(b);
  for (const std::string& name : rules.only) {
    if (slices_a.of.contains(name) || slices_b.of.contains(name)) continue;
    sys::ThrowUsage(fmt::format("neither side measured '{}': correct the name", name));
  }
  std::vector<Matched> matched;
  for (const std::string& name : slices_b.order) {
    if (!Wanted(rules, name)) continue;
    const SliceList& list_b = slices_b.of.at(name);
    const auto found = slices_a.of.find(name);
    if (found == slices_a.of.end()) {
      warnings.push_back({name, "measured on side b only: nothing to compare it with"});
    } else if (found->second.front()->slice.unit != list_b.front()->slice.unit) {
      warnings.push_back(
          {name, fmt::format("measured in {} on side a and in {} on side b: not compared",
                             found->second.front()->slice.unit, list_b.front()->slice.unit)});
    } else {
      matched.push_back({name, found->second, list_b});
    }
  }
  for (const std::string& name : slices_a.order) {
    if (!Wanted(rules, name) || slices_b.of.contains(name)) continue;
    warnings.push_back({name, "measured on side a only: the candidate has no number for it"});
  }
  return matched;
}

void WarnAboutStoredBaseline(store::Clock clock, std::vector<Warning>& warnings) {
  warnings.push_back(
      {"", fmt::format("the sides are two runs on a noisy clock ({}): they cannot be paired, the "
                       "intervals are widened, and a difference may be the hour's and not the "
                       "kernel's; run both sides interleaved in one plan to be sure",
                       store::ClockName(clock))});
}

bool SameKnownInputs(const store::Cell& a, const store::Cell& b, std::vector<Warning>& warnings) {
  if (a.inputs.empty() || b.inputs.empty()) {
    warnings.push_back({"",
                        "a side does not say what its inputs were: equal samples cannot be "
                        "called identical"});
    return false;
  }
  return a.inputs == b.inputs;
}

void WarnAboutIncomplete(const Side& side, const char* name, std::vector<Warning>& warnings) {
  if (side.run->complete) return;
  warnings.push_back({"", fmt::format("run {} (side {}) was cut short: what it recorded is "
                                      "compared, what is missing is not",
                                      RunLabel(*side.run), name)});
}

}  // namespace

double ThresholdOf(const Rules& rules, const std::string& benchmark) {
  const auto own = rules.thresholds.find(benchmark);
  return own == rules.thresholds.end() ? rules.threshold : own->second;
}

bool ReachesThreshold(double log_effect, double threshold) {
  return std::abs(log_effect) >= std::log1p(threshold) - 1e-12;
}

Comparison Compare(const Side& a, const Side& b, const Rules& rules) {
  const store::Cell& cell_a = FindCell(*a.run, a.cell);
  const store::Cell& cell_b = FindCell(*b.run, b.cell);
  if (cell_a.clock != cell_b.clock) {
    sys::ThrowUsage(fmt::format(
        "cell '{}' was measured by clock {} and '{}' by clock {}: compare cells of one clock",
        cell_a.name, store::ClockName(cell_a.clock), cell_b.name, store::ClockName(cell_b.clock)));
  }
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
      if (!SameRun(a, b) && !matched.empty()) {
        WarnAboutStoredBaseline(cell_a.clock, comparison.warnings);
      }
      comparison.benchmarks = JudgeNoisy(matched, SameRun(a, b), rules, comparison.warnings);
      break;
    case store::Clock::kExact: {
      const bool same = SameKnownInputs(cell_a, cell_b, comparison.warnings);
      comparison.benchmarks = JudgeExact(matched, same, rules, comparison.warnings);
      break;
    }
    case store::Clock::kTcg:
      comparison.benchmarks = ShowOnly(matched);
      break;
  }
  comparison.slopes = CompareSlopes(a, b, rules);
  AddTestChanges(a, b, rules.expectations, comparison);
  AddDifferences(a, cell_a, b, cell_b, comparison.differences);
  return comparison;
}

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentical:
      return "identical";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kChanged:
      return "changed";
    case Verdict::kImproved:
      return "improved";
    case Verdict::kRegressed:
      return "regressed";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kNotDeterministic:
      return "not deterministic";
    case Verdict::kShown:
      return "shown";
  }
  return "";
}

const char* MethodName(Method method) {
  switch (method) {
    case Method::kPaired:
      return "paired";
    case Method::kUnpaired:
      return "unpaired";
    case Method::kExact:
      return "exact";
    case Method::kNone:
      return "none";
  }
  return "";
}

const char* TestChangeName(TestChange::Kind kind) {
  switch (kind) {
    case TestChange::Kind::kRegressed:
      return "regressed";
    case TestChange::Kind::kFixed:
      return "fixed";
    case TestChange::Kind::kChanged:
      return "changed";
    case TestChange::Kind::kOnlyInA:
      return "only in a";
    case TestChange::Kind::kOnlyInB:
      return "only in b";
  }
  return "";
}

}  // namespace procmark::compare

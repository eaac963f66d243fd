// Verdicts on noisy clocks, and what is only shown.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/compare/judge.h"
#include "harness/compare/noisy_estimate.h"
#include "harness/stats/benjamini_hochberg.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {
namespace {

// A benchmark on its way to a verdict.
struct Case {
  BenchmarkComparison result;
  NoisyEstimate estimate;
  bool judged = false;  // false: the verdict is there already
};

std::vector<double> Costs(const SliceList& slices) {
  std::vector<double> costs;
  for (const store::Slice* slice : slices) costs.push_back(SliceQ25(*slice));
  return costs;
}

bool AllPositive(const std::vector<double>& costs) {
  return std::all_of(costs.begin(), costs.end(), [](double cost) { return cost > 0; });
}

void GiveUp(Case& the_case, std::string sentence) {
  the_case.result.verdict = Verdict::kInconclusive;
  the_case.result.sentence = std::move(sentence);
  the_case.judged = false;
}

void Estimate(Case& the_case, const Matched& matched, bool same_run, const Rules& rules,
              std::vector<Warning>& warnings) {
  BenchmarkComparison& result = the_case.result;
  const Pairing pairing = same_run ? PairByRound(matched.a, matched.b) : Pairing{};
  const bool paired = same_run && pairing.interleaved;
  if (same_run && !pairing.interleaved) {
    warnings.push_back({matched.benchmark,
                        "the two sides were not interleaved: their rounds overlap in time, so they "
                        "are compared unpaired; run them in one plan"});
  }
  if (paired && pairing.unpaired > 0) {
    warnings.push_back({matched.benchmark, fmt::format("{} slices have no partner in their round "
                                                       "and are not used",
                                                       pairing.unpaired)});
  }
  SliceList a = matched.a;
  SliceList b = matched.b;
  if (paired) {
    a.clear();
    b.clear();
    for (const Pair& pair : pairing.pairs) {
      a.push_back(pair.a);
      b.push_back(pair.b);
    }
    result.pairs = static_cast<int64_t>(pairing.pairs.size());
  }
  result.method = paired ? Method::kPaired : Method::kUnpaired;
  const std::vector<double> costs_a = Costs(a);
  const std::vector<double> costs_b = Costs(b);
  if (costs_a.empty() || costs_b.empty()) {
    return GiveUp(the_case, "no round holds slices of both sides");
  }
  if (!AllPositive(costs_a) || !AllPositive(costs_b)) {
    return GiveUp(the_case,
                  "a slice's q25 is zero: the clock is too coarse for one operation, so no ratio "
                  "can be formed; put more operations into one sample");
  }
  the_case.estimate = paired ? EstimatePaired(costs_a, costs_b, rules.confidence)
                             : EstimateUnpaired(costs_a, costs_b, rules.confidence);
  the_case.judged = true;
}

void CopyEstimate(Case& the_case) {
  BenchmarkComparison& result = the_case.result;
  const NoisyEstimate& estimate = the_case.estimate;
  result.effect = Relative(estimate.effect);
  result.p_value = estimate.p_value;
  if (estimate.interval) {
    result.interval = Relative(*estimate.interval);
    result.minimal_detectable_effect = DetectableEffect(*estimate.interval);
  }
  if (estimate.hodges_lehmann) result.hodges_lehmann = Relative(*estimate.hodges_lehmann);
  if (estimate.hodges_lehmann_interval) {
    result.hodges_lehmann_interval = Relative(*estimate.hodges_lehmann_interval);
  }
}

bool Significant(const Case& the_case, const Rules& rules) {
  const BenchmarkComparison& result = the_case.result;
  if (result.method == Method::kPaired) {
    return *result.adjusted_p_value <= rules.false_discovery_rate;
  }
  const stats::Interval& interval = *the_case.estimate.interval;
  return interval.low > 0 || interval.high < 0;
}

std::string Evidence(const BenchmarkComparison& result) {
  std::string text = fmt::format("{} {}", PercentText(*result.effect),
                                 result.interval ? IntervalText(*result.interval) : "");
  if (result.method == Method::kPaired) {
    text += fmt::format(", {} pairs", result.pairs);
    if (result.adjusted_p_value) {
      text += fmt::format(", adjusted p {:.2g}", *result.adjusted_p_value);
    }
  } else {
    text += ", unpaired";
  }
  return text;
}

void Decide(Case& the_case, const Rules& rules) {
  BenchmarkComparison& result = the_case.result;
  const double limit = 100 * result.threshold;
  const int64_t n = static_cast<int64_t>(the_case.estimate.n);
  const char* what = result.method == Method::kPaired ? "pairs" : "slices on the smaller side";
  if (n < rules.fewest_pairs || !the_case.estimate.interval) {
    return GiveUp(the_case, fmt::format("{} {}: at least {} are needed for a verdict", n, what,
                                        std::max<int64_t>(rules.fewest_pairs, 6)));
  }
  const stats::Interval& interval = *the_case.estimate.interval;
  const bool inside = !ReachesThreshold(interval.low, result.threshold) &&
                      !ReachesThreshold(interval.high, result.threshold);
  const bool significant = Significant(the_case, rules);
  const bool reaches = ReachesThreshold(the_case.estimate.effect, result.threshold);
  if (significant && reaches) {
    result.verdict = the_case.estimate.effect > 0 ? Verdict::kRegressed : Verdict::kImproved;
    result.sentence = fmt::format("costs {}: {}", the_case.estimate.effect > 0 ? "more" : "less",
                                  Evidence(result));
  } else if (inside) {
    result.verdict = Verdict::kUnchanged;
    result.sentence = fmt::format("the interval lies within {:.3g} %: {}", limit, Evidence(result));
  } else {
    result.verdict = Verdict::kInconclusive;
    const char* why = significant ? "a difference, but not surely as large as the threshold"
                      : reaches   ? "large, but not significant"
                                  : "the interval reaches beyond the threshold";
    result.sentence =
        fmt::format("{} of {:.3g} %: {}; this many would find {:.3g} %", why, limit,
                    Evidence(result), 100 * result.minimal_detectable_effect.value_or(0));
  }
}

}  // namespace

std::vector<BenchmarkComparison> JudgeNoisy(const std::vector<Matched>& matched, bool same_run,
                                            const Rules& rules, std::vector<Warning>& warnings) {
  std::vector<Case> cases;
  std::vector<double> p_values;
  std::vector<size_t> tested;
  for (const Matched& one : matched) {
    Case& the_case = cases.emplace_back();
    the_case.result = Describe(one);
    the_case.result.threshold = ThresholdOf(rules, one.benchmark);
    Estimate(the_case, one, same_run, rules, warnings);
    if (!the_case.judged) continue;
    CopyEstimate(the_case);
    const bool enough = static_cast<int64_t>(the_case.estimate.n) >= rules.fewest_pairs;
    if (the_case.estimate.p_value && enough) {
      tested.push_back(cases.size() - 1);
      p_values.push_back(*the_case.estimate.p_value);
    }
  }
  const std::vector<double> adjusted = stats::BenjaminiHochberg(p_values);
  for (size_t i = 0; i < tested.size(); ++i) {
    cases[tested[i]].result.adjusted_p_value = adjusted[i];
  }
  std::vector<BenchmarkComparison> results;
  for (Case& the_case : cases) {
    if (the_case.judged) Decide(the_case, rules);
    results.push_back(std::move(the_case.result));
  }
  return results;
}

std::vector<BenchmarkComparison> ShowOnly(const std::vector<Matched>& matched) {
  std::vector<BenchmarkComparison> results;
  for (const Matched& one : matched) {
    BenchmarkComparison result = Describe(one);
    result.verdict = Verdict::kShown;
    if (result.a_per_operation > 0) {
      result.effect = result.b_per_operation / result.a_per_operation - 1;
    }
    result.sentence = "emulated wall time is shown and never judged; use the exact clock";
    results.push_back(std::move(result));
  }
  return results;
}

BenchmarkComparison Describe(const Matched& matched) {
  BenchmarkComparison result;
  result.benchmark = matched.benchmark;
  result.unit = matched.b.front()->slice.unit;
  result.slices_a = static_cast<int64_t>(matched.a.size());
  result.slices_b = static_cast<int64_t>(matched.b.size());
  result.operations_a = matched.a.front()->slice.operations;
  result.operations_b = matched.b.front()->slice.operations;
  result.a_per_operation = stats::Median(Costs(matched.a));
  result.b_per_operation = stats::Median(Costs(matched.b));
  return result;
}

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
// Verdicts on the noisy clocks, wall and kvm.
#include <fmt/format.h>

#include <algorithm>

#include "harness/compare/judge.h"
#include "harness/compare/noisy_estimate.h"
#include "harness/compare/pairing.h"
#include "harness/stats/benjamini_hochberg.h"

namespace procmark::compare {
namespace {

// A benchmark while it is being judged.
struct Case {
  BenchmarkComparison result;
  NoisyEstimate estimate;
  bool has_estimate = false;  // false: the result is already final
};

bool AllPositive(const std::vector<double>& costs) {
  return std::all_of(costs.begin(), costs.end(), [](double cost) { return cost > 0; });
}

void MakeInconclusive(BenchmarkComparison& result, std::string sentence) {
  result.verdict = Verdict::kInconclusive;
  result.sentence = std::move(sentence);
}

// The costs of both sides; those of one index are a pair if `paired` is true.
struct Costs {
  bool paired = false;
  std::vector<double> a;
  std::vector<double> b;
};

Costs ChooseCosts(const Matched& matched, bool same_run, std::vector<Warning>& warnings) {
  if (!same_run) return {false, CostsOf(matched.a), CostsOf(matched.b)};
  const Pairing pairing = PairByRound(matched.a, matched.b);
  if (!pairing.interleaved) {
    warnings.push_back({matched.benchmark,
                        "the sides were not interleaved: their rounds overlap in time, so they are "
                        "compared without pairs; measure both sides in one plan"});
    return {false, CostsOf(matched.a), CostsOf(matched.b)};
  }
  if (pairing.unpaired > 0) {
    warnings.push_back(
        {matched.benchmark, fmt::format("{} slices have no partner in their round and are not used",
                                        pairing.unpaired)});
  }
  Costs costs{true, {}, {}};
  for (const Pair& pair : pairing.pairs) {
    costs.a.push_back(SliceQ25(*pair.a));
    costs.b.push_back(SliceQ25(*pair.b));
  }
  return costs;
}

void CopyEstimate(const NoisyEstimate& estimate, BenchmarkComparison& result) {
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

Case MakeCase(const Matched& matched, bool same_run, const Rules& rules,
              std::vector<Warning>& warnings) {
  Case one;
  one.result = Describe(matched);
  one.result.threshold = ThresholdOf(rules, matched.benchmark);
  const Costs costs = ChooseCosts(matched, same_run, warnings);
  one.result.method = costs.paired ? Method::kPaired : Method::kUnpaired;
  if (costs.paired) one.result.pairs = static_cast<int64_t>(costs.a.size());
  if (costs.a.empty() || costs.b.empty()) {
    MakeInconclusive(one.result, "no round contains slices of both sides");
    return one;
  }
  if (!AllPositive(costs.a) || !AllPositive(costs.b)) {
    MakeInconclusive(one.result,
                     "the q25 of a slice is zero: the clock is too coarse for one operation, so no "
                     "ratio can be computed; put more operations into one sample");
    return one;
  }
  one.estimate = costs.paired ? EstimatePaired(costs.a, costs.b, rules.confidence)
                              : EstimateUnpaired(costs.a, costs.b, rules.confidence);
  one.has_estimate = true;
  CopyEstimate(one.estimate, one.result);
  return one;
}

bool EnoughSlices(const Case& one, const Rules& rules) {
  return static_cast<int64_t>(one.estimate.n) >= rules.fewest_pairs;
}

void AdjustPValues(std::vector<Case>& cases, const Rules& rules) {
  std::vector<Case*> tested;
  std::vector<double> p_values;
  for (Case& one : cases) {
    if (!one.has_estimate || !one.estimate.p_value || !EnoughSlices(one, rules)) continue;
    tested.push_back(&one);
    p_values.push_back(*one.estimate.p_value);
  }
  const std::vector<double> adjusted = stats::BenjaminiHochberg(p_values);
  for (size_t i = 0; i < tested.size(); ++i) tested[i]->result.adjusted_p_value = adjusted[i];
}

bool IsSignificant(const Case& one, const Rules& rules) {
  if (one.result.method == Method::kPaired) {
    return *one.result.adjusted_p_value <= rules.false_discovery_rate;
  }
  const stats::Interval& interval = *one.estimate.interval;
  return interval.low > 0 || interval.high < 0;
}

// For example "+5.02 % [+4.10 %, +6.01 %], 20 pairs, adjusted p 2.5e-06".
std::string Evidence(const BenchmarkComparison& result) {
  const std::string numbers =
      fmt::format("{} {}", PercentText(*result.effect), IntervalText(*result.interval));
  if (result.method != Method::kPaired) return numbers + ", without pairs";
  return fmt::format("{}, {} pairs, adjusted p {:.2g}", numbers, result.pairs,
                     *result.adjusted_p_value);
}

std::string WhyInconclusive(const Case& one, bool significant, bool reaches) {
  const double threshold = 100 * one.result.threshold;
  const std::string why =
      significant ? fmt::format("b differs from a, but perhaps by less than {:.3g} %", threshold)
      : reaches   ? "the measured difference may be chance"
                  : fmt::format("a difference of {:.3g} % or more is possible", threshold);
  return fmt::format("{}: {}; this measurement can only find differences of {} or more", why,
                     Evidence(one.result), SizeText(*one.result.minimal_detectable_effect));
}

void Decide(Case& one, const Rules& rules) {
  BenchmarkComparison& result = one.result;
  if (!EnoughSlices(one, rules) || !one.estimate.interval) {
    const char* what = result.method == Method::kPaired ? "pairs" : "slices on the smaller side";
    return MakeInconclusive(
        result, fmt::format("{} {} are too few: a verdict needs at least {}", one.estimate.n, what,
                            std::max<int64_t>(rules.fewest_pairs, 6)));
  }
  const double effect = one.estimate.effect;
  const stats::Interval& interval = *one.estimate.interval;
  const bool inside = !ReachesThreshold(interval.low, result.threshold) &&
                      !ReachesThreshold(interval.high, result.threshold);
  const bool significant = IsSignificant(one, rules);
  const bool reaches = ReachesThreshold(effect, result.threshold);
  if (significant && reaches) {
    result.verdict = effect > 0 ? Verdict::kRegressed : Verdict::kImproved;
    result.sentence =
        fmt::format("b costs {} than a: {}", effect > 0 ? "more" : "less", Evidence(result));
  } else if (inside) {
    result.verdict = Verdict::kUnchanged;
    result.sentence = fmt::format("any difference is smaller than {:.3g} %: {}",
                                  100 * result.threshold, Evidence(result));
  } else {
    MakeInconclusive(result, WhyInconclusive(one, significant, reaches));
  }
}

}  // namespace

std::vector<BenchmarkComparison> JudgeNoisy(const std::vector<Matched>& matched, bool same_run,
                                            const Rules& rules, std::vector<Warning>& warnings) {
  std::vector<Case> cases;
  for (const Matched& one : matched) cases.push_back(MakeCase(one, same_run, rules, warnings));
  AdjustPValues(cases, rules);
  std::vector<BenchmarkComparison> results;
  for (Case& one : cases) {
    if (one.has_estimate) Decide(one, rules);
    results.push_back(std::move(one.result));
  }
  return results;
}

}  // namespace procmark::compare

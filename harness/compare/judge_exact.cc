// SPDX-License-Identifier: MIT
// Verdicts on the exact clock: integers, without a test of significance.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "harness/compare/judge.h"
#include "harness/compare/noisy_estimate.h"
#include "harness/stats/quantile.h"

namespace procmark::compare {
namespace {

// How far the samples of two sides agree, slice by slice in their order.
struct Agreement {
  bool equal = true;        // all samples that both sides have are equal
  bool same_amount = true;  // both sides have the same number of slices and of samples in each
  std::string first_difference;
};

Agreement Agree(const SliceList& a, const SliceList& b) {
  Agreement agreement;
  agreement.same_amount = a.size() == b.size();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const wire::Slice& one = a[i]->slice;
    const wire::Slice& other = b[i]->slice;
    if (one.samples.size() != other.samples.size()) agreement.same_amount = false;
    if (one.operations != other.operations) {
      agreement.equal = false;
      agreement.first_difference =
          fmt::format("slice {} has {} operations per sample on side a and {} on side b", i,
                      one.operations, other.operations);
      return agreement;
    }
    for (size_t k = 0; k < std::min(one.samples.size(), other.samples.size()); ++k) {
      if (one.samples[k] == other.samples[k]) continue;
      agreement.equal = false;
      agreement.first_difference =
          fmt::format("sample {} of slice {} is {} on side a and {} on side b", k, i,
                      one.samples[k], other.samples[k]);
      return agreement;
    }
  }
  return agreement;
}

bool SameOperations(const SliceList& slices) {
  return std::all_of(slices.begin(), slices.end(), [&slices](const store::Slice* slice) {
    return slice->slice.operations == slices.front()->slice.operations;
  });
}

int64_t Q25(const SliceList& slices) {
  std::vector<int64_t> all;
  for (const store::Slice* slice : slices) {
    all.insert(all.end(), slice->slice.samples.begin(), slice->slice.samples.end());
  }
  return stats::LowerQuantile(all, 0.25);
}

// For example "+1.00 %, from 1000000 to 1010000 instructions".
std::string ExactEvidence(const BenchmarkComparison& result) {
  const auto side = [&result](int64_t sample, int64_t operations) {
    const std::string number = fmt::format("{} {}", sample, result.unit);
    return operations == 1 ? number : fmt::format("{} in {} operations", number, operations);
  };
  const std::string percent = PercentText(*result.effect);
  if (result.operations_a == 1 && result.operations_b == 1) {
    return fmt::format("{}, from {} to {} {}", percent, result.a_sample, result.b_sample,
                       result.unit);
  }
  return fmt::format("{}, from {} to {}", percent, side(result.a_sample, result.operations_a),
                     side(result.b_sample, result.operations_b));
}

void DecideByEffect(BenchmarkComparison& result, const Rules& rules) {
  const double ratio = result.b_per_operation / result.a_per_operation;
  const double log_effect = std::log(ratio);
  result.effect = ratio - 1;
  const std::string evidence = ExactEvidence(result);
  const char* direction = log_effect > 0 ? "more" : "less";
  if (ReachesThreshold(log_effect, rules.exact_regressed)) {
    result.verdict = log_effect > 0 ? Verdict::kRegressed : Verdict::kImproved;
    result.sentence = fmt::format("b costs {} than a: {}", direction, evidence);
  } else if (ReachesThreshold(log_effect, rules.exact_changed)) {
    result.verdict = Verdict::kChanged;
    result.sentence =
        fmt::format("b costs {} than a, but the difference is smaller than {:.3g} %: {}", direction,
                    100 * rules.exact_regressed, evidence);
  } else {
    result.verdict = Verdict::kUnchanged;
    result.sentence = fmt::format("the difference is smaller than {:.3g} %: {}",
                                  100 * rules.exact_changed, evidence);
  }
}

// Equal inputs must give equal samples.
void DecideByAgreement(const Agreement& agreement, BenchmarkComparison& result,
                       std::vector<Warning>& warnings) {
  if (agreement.equal) {
    result.verdict = Verdict::kIdentical;
    result.effect = 0.0;
    result.sentence = agreement.same_amount
                          ? "all samples are identical, to the instruction"
                          : "all samples that both sides have are identical, to the instruction";
    return;
  }
  result.verdict = Verdict::kNotDeterministic;
  if (result.a_sample > 0) result.effect = result.b_per_operation / result.a_per_operation - 1;
  result.sentence =
      fmt::format("not deterministic: the inputs are equal, but {}", agreement.first_difference);
  warnings.push_back({result.benchmark, result.sentence});
}

BenchmarkComparison JudgeOne(const Matched& matched, bool same_inputs, const Rules& rules,
                             std::vector<Warning>& warnings) {
  BenchmarkComparison result = Describe(matched);
  result.method = Method::kExact;
  result.threshold = rules.exact_regressed;
  result.a_sample = Q25(matched.a);
  result.b_sample = Q25(matched.b);
  result.a_per_operation =
      static_cast<double>(result.a_sample) / static_cast<double>(result.operations_a);
  result.b_per_operation =
      static_cast<double>(result.b_sample) / static_cast<double>(result.operations_b);
  if (!SameOperations(matched.a) || !SameOperations(matched.b)) {
    result.verdict = Verdict::kInconclusive;
    result.sentence = "the slices of one side have different numbers of operations per sample";
    return result;
  }
  const Agreement agreement = Agree(matched.a, matched.b);
  if (same_inputs) {
    DecideByAgreement(agreement, result, warnings);
    return result;
  }
  if (result.a_sample <= 0 || result.b_sample <= 0) {
    result.verdict = Verdict::kInconclusive;
    result.sentence = "the q25 is zero, so no ratio can be computed";
    return result;
  }
  DecideByEffect(result, rules);
  if (agreement.equal && agreement.same_amount) {
    result.sentence = "all samples are equal, although the inputs differ";
  }
  return result;
}

}  // namespace

std::vector<BenchmarkComparison> JudgeExact(const std::vector<Matched>& matched, bool same_inputs,
                                            const Rules& rules, std::vector<Warning>& warnings) {
  std::vector<BenchmarkComparison> results;
  for (const Matched& one : matched) {
    results.push_back(JudgeOne(one, same_inputs, rules, warnings));
  }
  return results;
}

}  // namespace procmark::compare

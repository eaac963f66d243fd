// SPDX-License-Identifier: MIT
// How many pairs are measured next, and what a confirmation changes.
#include "harness/compare/sequential_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace procmark::compare {
namespace {

BenchmarkComparison With(const std::string& name, Verdict verdict, int64_t pairs,
                         Method method = Method::kPaired) {
  BenchmarkComparison one;
  one.benchmark = name;
  one.verdict = verdict;
  one.pairs = pairs;
  one.method = method;
  one.sentence = "first";
  return one;
}

Comparison Of(std::vector<BenchmarkComparison> benchmarks) {
  Comparison comparison;
  comparison.benchmarks = std::move(benchmarks);
  return comparison;
}

TEST(SequentialRule, GoesThroughTheLooks) {
  const struct {
    int64_t pairs, next;
  } rows[] = {{0, 20},   {17, 20},  {18, 60},   {20, 60},   {21, 60},  {53, 60},
              {54, 120}, {60, 120}, {107, 120}, {120, 240}, {215, 240}};
  for (const auto& row : rows) {
    const NextStep step = SequentialRule(Of({With("x", Verdict::kInconclusive, row.pairs)}));
    ASSERT_EQ(step.more.size(), 1U) << row.pairs;
    EXPECT_EQ(step.more[0].next_total, row.next);
    EXPECT_EQ(step.more[0].pairs, row.pairs);
  }
  EXPECT_TRUE(SequentialRule(Of({With("x", Verdict::kInconclusive, 216)})).more.empty());
  EXPECT_TRUE(SequentialRule(Of({With("x", Verdict::kInconclusive, 500)})).more.empty());
}

TEST(SequentialRule, StopsOnlyOnAVerdict) {
  for (const Verdict verdict : {Verdict::kUnchanged, Verdict::kImproved}) {
    const NextStep step = SequentialRule(Of({With("x", verdict, 20)}));
    EXPECT_TRUE(step.more.empty());
    EXPECT_TRUE(step.needs_confirmation.empty());
  }
}

TEST(SequentialRule, AsksToConfirmRegressions) {
  const NextStep step =
      SequentialRule(Of({With("x", Verdict::kRegressed, 20), With("y", Verdict::kRegressed, 120)}));
  EXPECT_TRUE(step.more.empty());
  ASSERT_EQ(step.needs_confirmation.size(), 2U);
  EXPECT_EQ(step.needs_confirmation[0].fresh_pairs, 60);
  EXPECT_EQ(step.needs_confirmation[1].fresh_pairs, 120);
}

TEST(SequentialRule, AsksForNothingIfPairsCannotHelp) {
  const NextStep step = SequentialRule(Of({With("x", Verdict::kInconclusive, 0, Method::kUnpaired),
                                           With("y", Verdict::kRegressed, 0, Method::kExact),
                                           With("z", Verdict::kShown, 0, Method::kNone)}));
  EXPECT_TRUE(step.more.empty());
  EXPECT_TRUE(step.needs_confirmation.empty());
}

TEST(Confirm, KeepsARegressionThatBothFound) {
  const Comparison kept =
      Confirm(Of({With("x", Verdict::kRegressed, 20)}), Of({With("x", Verdict::kRegressed, 60)}));
  EXPECT_EQ(kept.benchmarks[0].verdict, Verdict::kRegressed);
  EXPECT_THAT(kept.benchmarks[0].sentence, testing::HasSubstr("confirmed by fresh pairs"));
}

TEST(Confirm, WithdrawsARegressionThatFreshPairsDoNotShow) {
  for (const Verdict verdict : {Verdict::kUnchanged, Verdict::kInconclusive, Verdict::kImproved}) {
    const Comparison taken =
        Confirm(Of({With("x", Verdict::kRegressed, 20)}), Of({With("x", verdict, 60)}));
    EXPECT_EQ(taken.benchmarks[0].verdict, Verdict::kInconclusive);
    EXPECT_THAT(taken.benchmarks[0].sentence, testing::HasSubstr("not confirmed"));
  }
}

TEST(Confirm, KeepsARegressionThatWasNotMeasuredAgainAndWarns) {
  const Comparison kept = Confirm(Of({With("x", Verdict::kRegressed, 20)}), Of({}));
  EXPECT_EQ(kept.benchmarks[0].verdict, Verdict::kRegressed);
  ASSERT_EQ(kept.warnings.size(), 1U);
}

TEST(Confirm, DoesNotChangeOtherVerdicts) {
  const Comparison same =
      Confirm(Of({With("x", Verdict::kUnchanged, 20)}), Of({With("x", Verdict::kRegressed, 60)}));
  EXPECT_EQ(same.benchmarks[0].verdict, Verdict::kUnchanged);
}

}  // namespace
}  // namespace procmark::compare

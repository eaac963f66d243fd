// SPDX-License-Identifier: MIT
// Verdicts on noisy clocks, from synthetic slices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/compare/compare.h"
#include "harness/compare/noisy_estimate.h"
#include "harness/compare/test/synthetic_run.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {
namespace {

using testing::HasSubstr;

// `pairs` rounds of one benchmark. The ratios of the pairs are spread evenly over `ratio` +-
// spread.
store::Run Alternating(int64_t pairs, double ratio, double spread) {
  store::Run run = TwoNoisyCells();
  for (int64_t round = 0; round < pairs; ++round) {
    const double step = static_cast<double>(round - pairs / 2) / static_cast<double>(pairs);
    const double b = 1e9 * ratio * std::exp(2 * spread * step);
    AddSlice(run, "a", "fork", round, {1000000000});
    AddSlice(run, "b", "fork", round, {static_cast<int64_t>(std::llround(b))});
  }
  return run;
}

Comparison CompareCells(const store::Run& run, const Rules& rules = Rules()) {
  return Compare({.run = &run, .cell = "a"}, {.run = &run, .cell = "b"}, rules);
}

BenchmarkComparison Only(const Comparison& comparison) {
  EXPECT_EQ(comparison.benchmarks.size(), 1U);
  return comparison.benchmarks.at(0);
}

TEST(CompareNoisy, FindsARegressionAndItsMirror) {
  const store::Run run = Alternating(20, 1.05, 0.03);
  const BenchmarkComparison forth = Only(CompareCells(run));
  EXPECT_EQ(forth.verdict, Verdict::kRegressed);
  EXPECT_EQ(forth.method, Method::kPaired);
  EXPECT_EQ(forth.pairs, 20);
  EXPECT_NEAR(*forth.effect, 0.05, 0.003);
  EXPECT_LT(forth.interval->low, *forth.effect);
  EXPECT_GT(forth.interval->high, *forth.effect);
  EXPECT_GE(forth.interval->confidence, 0.95);
  EXPECT_TRUE(forth.hodges_lehmann.has_value());
  EXPECT_LE(*forth.p_value, *forth.adjusted_p_value);
  EXPECT_THAT(forth.sentence, HasSubstr("b costs more than a: +"));
  const BenchmarkComparison back =
      Only(Compare({.run = &run, .cell = "b"}, {.run = &run, .cell = "a"}, Rules()));
  EXPECT_EQ(back.verdict, Verdict::kImproved);
  EXPECT_NEAR(std::log1p(*back.effect), -std::log1p(*forth.effect), 1e-9);
}

TEST(CompareNoisy, UnchangedNeedsTheIntervalInsideTheThreshold) {
  EXPECT_EQ(Only(CompareCells(Alternating(20, 1.0, 0.01))).verdict, Verdict::kUnchanged);
  const BenchmarkComparison wide = Only(CompareCells(Alternating(20, 1.0, 0.2)));
  EXPECT_EQ(wide.verdict, Verdict::kInconclusive);
  EXPECT_GT(*wide.minimal_detectable_effect, 0.02);
  const double half = (std::log1p(wide.interval->high) - std::log1p(wide.interval->low)) / 2;
  EXPECT_NEAR(std::log1p(*wide.minimal_detectable_effect), 1.43 * half, 1e-9);
}

TEST(CompareNoisy, ASmallSignificantDifferenceIsNotARegression) {
  const BenchmarkComparison one = Only(CompareCells(Alternating(60, 1.01, 0.004)));
  EXPECT_LE(*one.adjusted_p_value, 0.05);
  EXPECT_EQ(one.verdict, Verdict::kUnchanged);
}

TEST(CompareNoisy, ALargeInsignificantDifferenceIsInconclusive) {
  const BenchmarkComparison one = Only(CompareCells(Alternating(12, 1.1, 0.8)));
  EXPECT_GT(*one.adjusted_p_value, 0.05);
  EXPECT_EQ(one.verdict, Verdict::kInconclusive);
  EXPECT_THAT(one.sentence, HasSubstr("the measured difference may be chance: "));
  EXPECT_THAT(one.sentence, HasSubstr("; this measurement can only find differences of "));
}

TEST(CompareNoisy, ASignificantDifferenceThatMayBeSmallIsInconclusive) {
  const BenchmarkComparison one = Only(CompareCells(Alternating(80, 1.015, 0.05)));
  EXPECT_LE(*one.adjusted_p_value, 0.05);
  EXPECT_EQ(one.verdict, Verdict::kInconclusive);
  EXPECT_THAT(one.sentence, HasSubstr("b differs from a, but perhaps by less than 2 %: "));
}

TEST(CompareNoisy, ASmallDifferenceWithAWideIntervalIsInconclusive) {
  const BenchmarkComparison one = Only(CompareCells(Alternating(20, 1.0, 0.2)));
  EXPECT_EQ(one.verdict, Verdict::kInconclusive);
  EXPECT_THAT(one.sentence, HasSubstr("a difference of 2 % or more is possible: "));
}

TEST(CompareNoisy, FewerThanTenPairsAreInconclusive) {
  for (const int64_t pairs : {1, 5, 9}) {
    const BenchmarkComparison one = Only(CompareCells(Alternating(pairs, 2.0, 0.001)));
    EXPECT_EQ(one.verdict, Verdict::kInconclusive) << pairs;
    EXPECT_THAT(one.sentence, HasSubstr("at least 10")) << pairs;
  }
  EXPECT_EQ(Only(CompareCells(Alternating(10, 2.0, 0.001))).verdict, Verdict::kRegressed);
}

TEST(CompareNoisy, ABenchmarkMayHaveItsOwnThreshold) {
  const store::Run run = Alternating(20, 1.05, 0.01);
  EXPECT_EQ(Only(CompareCells(run, {.thresholds = {{"fork", 0.10}}})).verdict, Verdict::kUnchanged);
  EXPECT_EQ(Only(CompareCells(run, {.thresholds = {{"exec", 0.10}}})).verdict, Verdict::kRegressed);
}

TEST(CompareNoisy, EqualCostsInEveryPairAreUnchanged) {
  const BenchmarkComparison one = Only(CompareCells(Alternating(20, 1.0, 0.0)));
  EXPECT_EQ(one.verdict, Verdict::kUnchanged);
  EXPECT_EQ(*one.p_value, 1.0);
  EXPECT_EQ(*one.effect, 0.0);
}

TEST(CompareNoisy, ManyTestsNeedStrongerEvidence) {
  store::Run run = TwoNoisyCells();
  for (int64_t round = 0; round < 20; ++round) {
    // In 15 of 20 pairs b costs more: p = 0.041, which is too weak among 41 tests.
    const int64_t b = round % 4 == 0 ? 900000 : 1100000;
    AddSlice(run, "a", "fork", round, {1000000});
    AddSlice(run, "b", "fork", round, {b});
    for (int other = 0; other < 40; ++other) {
      const std::string name = "other/" + std::to_string(other);
      AddSlice(run, "a", name, round, {1000000});
      AddSlice(run, "b", name, round, {round % 2 == 0 ? 1000001 : 999999});
    }
  }
  const Comparison all = CompareCells(run);
  EXPECT_EQ(all.benchmarks.at(0).verdict, Verdict::kInconclusive);
  EXPECT_EQ(Only(CompareCells(run, {.only = {"fork"}})).verdict, Verdict::kRegressed);
}

TEST(CompareNoisy, OnlySlicesOfOneRoundArePaired) {
  store::Run run = Alternating(20, 1.05, 0.01);
  AddSlice(run, "b", "fork", 99, {1});
  const Comparison comparison = CompareCells(run);
  EXPECT_EQ(Only(comparison).pairs, 20);
  ASSERT_EQ(comparison.warnings.size(), 1U);
  EXPECT_THAT(comparison.warnings[0].sentence, HasSubstr("no partner"));
}

TEST(CompareNoisy, SidesThatRanOneAfterTheOtherAreNotPaired) {
  store::Run run = TwoNoisyCells();
  for (const char* cell : {"a", "b"}) {
    for (int64_t round = 0; round < 20; ++round) AddSlice(run, cell, "fork", round, {1000 + round});
  }
  const Comparison comparison = CompareCells(run);
  EXPECT_EQ(Only(comparison).method, Method::kUnpaired);
  EXPECT_FALSE(Only(comparison).p_value.has_value());
  EXPECT_THAT(comparison.warnings.at(0).sentence, HasSubstr("not interleaved"));
}

TEST(CompareNoisy, RoundsCanBeChosen) {
  store::Run run = Alternating(40, 1.0, 0.01);
  const Comparison fresh = Compare({.run = &run, .cell = "a", .first_round = 20},
                                   {.run = &run, .cell = "b", .first_round = 20}, Rules());
  EXPECT_EQ(Only(fresh).pairs, 20);
  const Comparison early = Compare({.run = &run, .cell = "a", .last_round = 9},
                                   {.run = &run, .cell = "b", .last_round = 9}, Rules());
  EXPECT_EQ(Only(early).pairs, 10);
}

TEST(CompareNoisy, CostsAreDividedByTheOperations) {
  store::Run run = TwoNoisyCells();
  for (int64_t round = 0; round < 12; ++round) {
    AddSlice(run, "a", "fork", round, {1000}, 1);
    AddSlice(run, "b", "fork", round, {20000}, 20);
  }
  const BenchmarkComparison one = Only(CompareCells(run));
  EXPECT_EQ(one.verdict, Verdict::kUnchanged);
  EXPECT_DOUBLE_EQ(one.b_per_operation, 1000);
}

TEST(CompareNoisy, ACostOfZeroIsInconclusive) {
  store::Run run = TwoNoisyCells();
  for (int64_t round = 0; round < 12; ++round) {
    AddSlice(run, "a", "fork", round, {0});
    AddSlice(run, "b", "fork", round, {5});
  }
  const BenchmarkComparison one = Only(CompareCells(run));
  EXPECT_EQ(one.verdict, Verdict::kInconclusive);
  EXPECT_FALSE(one.effect.has_value());
  EXPECT_THAT(one.sentence, HasSubstr("too coarse"));
}

TEST(CompareNoisy, BenchmarksOfOneSideAndDifferentUnitsBecomeWarnings) {
  store::Run run = TwoNoisyCells();
  AddSlice(run, "a", "only_a", 0, {1});
  AddSlice(run, "b", "only_b", 0, {1});
  AddSlice(run, "a", "units", 0, {1}, 1, "ns");
  AddSlice(run, "b", "units", 0, {1}, 1, "instructions");
  const Comparison comparison = CompareCells(run);
  EXPECT_TRUE(comparison.benchmarks.empty());
  std::vector<std::string> about;
  for (const Warning& warning : comparison.warnings) about.push_back(warning.about);
  EXPECT_THAT(about, testing::UnorderedElementsAre("only_a", "only_b", "units"));
}

TEST(CompareNoisy, TwoRunsGiveAWideIntervalAndAWarning) {
  const store::Run before = Alternating(20, 1.0, 0.01);
  store::Run after = Alternating(20, 1.0, 0.01);
  after.id = "run-2";
  const Comparison comparison =
      Compare({.run = &before, .cell = "b"}, {.run = &after, .cell = "b"}, Rules());
  EXPECT_EQ(Only(comparison).method, Method::kUnpaired);
  EXPECT_THAT(comparison.warnings.at(0).sentence, HasSubstr("interleaved"));
  const BenchmarkComparison paired = Only(CompareCells(before));
  EXPECT_GT(Only(comparison).interval->high - Only(comparison).interval->low,
            2 * (paired.interval->high - paired.interval->low));
}

TEST(CompareNoisy, TwoRunsFarApartStillRegress) {
  const store::Run before = Alternating(20, 1.0, 0.01);
  store::Run after = Alternating(20, 1.5, 0.01);
  after.id = "run-2";
  const auto one =
      Only(Compare({.run = &before, .cell = "b"}, {.run = &after, .cell = "b"}, Rules()));
  EXPECT_EQ(one.verdict, Verdict::kRegressed);
  EXPECT_NEAR(*one.effect, 0.5, 0.01);
}

TEST(CompareNoisy, DriftWidensTheIntervalOfTwoRuns) {
  std::vector<double> still(40, 100.0);
  std::vector<double> drifting(still);
  for (size_t i = 20; i < 40; ++i) drifting[i] = 110;
  const NoisyEstimate quiet = EstimateUnpaired(still, still, 0.95);
  const NoisyEstimate moved = EstimateUnpaired(still, drifting, 0.95);
  EXPECT_EQ(quiet.interval->low, 0.0);
  EXPECT_EQ(quiet.interval->high, 0.0);
  EXPECT_GE(moved.interval->high - moved.interval->low, 2 * std::log(1.1));
  EXPECT_FALSE(EstimateUnpaired(std::vector<double>{1, 2}, still, 0.95).interval.has_value());
}

TEST(CompareNoisy, RefusesUnknownNamesAndDifferentClocks) {
  store::Run run = TwoNoisyCells();
  run.cells.push_back(MakeCell("exact", store::Clock::kExact));
  EXPECT_THROW(Compare({.run = &run, .cell = "a"}, {.run = &run, .cell = "nowhere"}, Rules()),
               sys::Complaint);
  EXPECT_THROW(Compare({.run = &run, .cell = "a"}, {.run = &run, .cell = "exact"}, Rules()),
               sys::Complaint);
  EXPECT_THROW(CompareCells(run, {.only = {"no/such"}}), sys::Complaint);
}

TEST(CompareNoisy, WarnsAboutAnIncompleteRun) {
  store::Run run = Alternating(20, 1.0, 0.001);
  run.complete = false;
  const Comparison comparison = CompareCells(run);
  ASSERT_EQ(comparison.warnings.size(), 1U);
  EXPECT_THAT(comparison.warnings[0].sentence, HasSubstr("cut short"));
}

TEST(CompareNoisy, EmulatedTimeIsOnlyShown) {
  store::Run run =
      MakeRun("t", {MakeCell("a", store::Clock::kTcg), MakeCell("b", store::Clock::kTcg)});
  for (int64_t round = 0; round < 30; ++round) {
    AddSlice(run, "a", "fork", round, {1000});
    AddSlice(run, "b", "fork", round, {3000});
  }
  const BenchmarkComparison one = Only(CompareCells(run));
  EXPECT_EQ(one.verdict, Verdict::kShown);
  EXPECT_NEAR(*one.effect, 2.0, 1e-12);
}

TEST(ReachesThreshold, IsSymmetricAndToleratesRounding) {
  EXPECT_TRUE(ReachesThreshold(std::log(1.02), 0.02));
  EXPECT_TRUE(ReachesThreshold(-std::log(1.02), 0.02));
  EXPECT_TRUE(ReachesThreshold(std::log(1010.0 / 1000.0), 0.01));
  EXPECT_FALSE(ReachesThreshold(std::log(1.0199), 0.02));
}

}  // namespace
}  // namespace procmark::compare

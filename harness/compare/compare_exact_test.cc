// SPDX-License-Identifier: MIT
// Verdicts on the exact clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/compare/compare.h"
#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

using testing::HasSubstr;

store::Run Exact(const std::string& id, std::map<std::string, std::string> inputs,
                 std::vector<int64_t> samples, int64_t operations = 1) {
  store::Run run =
      MakeRun(id, {MakeCell("amd64/x/max/exact", store::Clock::kExact, std::move(inputs))});
  AddSlice(run, "amd64/x/max/exact", "fork", 0, std::move(samples), operations, "instructions");
  return run;
}

Comparison CompareRuns(const store::Run& a, const store::Run& b, const Rules& rules = Rules()) {
  return Compare({.run = &a, .cell = "amd64/x/max/exact"}, {.run = &b, .cell = "amd64/x/max/exact"},
                 rules);
}

const std::map<std::string, std::string> kOne = {{"kernel.sha256", "11"}, {"program.sha256", "aa"}};
const std::map<std::string, std::string> kTwo = {{"kernel.sha256", "22"}, {"program.sha256", "aa"}};

TEST(CompareExact, EqualInputsAndSamplesAreIdentical) {
  const auto run_a = Exact("a", kOne, {253000, 253001, 252999});
  const auto run_b = Exact("b", kOne, {253000, 253001, 252999});
  const Comparison comparison = CompareRuns(run_a, run_b);
  const BenchmarkComparison& one = comparison.benchmarks.at(0);
  EXPECT_EQ(one.verdict, Verdict::kIdentical);
  EXPECT_EQ(one.sentence, "all samples are identical, to the instruction");
  EXPECT_EQ(one.a_sample, 252999);
  EXPECT_EQ(one.b_sample, 252999);
  EXPECT_TRUE(comparison.warnings.empty());
}

TEST(CompareExact, EqualInputsAndADifferentSampleAreNotDeterministic) {
  const auto run_a = Exact("a", kOne, {253000, 253001});
  const auto run_b = Exact("b", kOne, {253000, 253002});
  const Comparison comparison = CompareRuns(run_a, run_b);
  EXPECT_EQ(comparison.benchmarks.at(0).verdict, Verdict::kNotDeterministic);
  EXPECT_THAT(comparison.benchmarks.at(0).sentence,
              HasSubstr("sample 1 of slice 0 is 253001 on side a and 253002 on side b"));
  ASSERT_EQ(comparison.warnings.size(), 1U);
  EXPECT_THAT(comparison.warnings[0].sentence, HasSubstr("not deterministic"));
}

TEST(CompareExact, TheOrderOfSamplesMatters) {
  EXPECT_EQ(
      CompareRuns(Exact("a", kOne, {1, 2}), Exact("b", kOne, {2, 1})).benchmarks.at(0).verdict,
      Verdict::kNotDeterministic);
}

TEST(CompareExact, OnlySlicesThatBothSidesHaveMustBeIdentical) {
  const auto run_a = Exact("a", kOne, {5, 6});
  auto run_b = Exact("b", kOne, {5, 6});
  AddSlice(run_b, "amd64/x/max/exact", "fork", 1, {5, 6}, 1, "instructions");
  const Comparison comparison = CompareRuns(run_a, run_b);
  EXPECT_EQ(comparison.benchmarks.at(0).verdict, Verdict::kIdentical);
  EXPECT_THAT(comparison.benchmarks.at(0).sentence, HasSubstr("that both sides have"));
}

TEST(CompareExact, UnknownInputsAreNeverIdentical) {
  const Comparison comparison = CompareRuns(Exact("a", {}, {100000}), Exact("b", {}, {100000}));
  EXPECT_EQ(comparison.benchmarks.at(0).verdict, Verdict::kUnchanged);
  EXPECT_THAT(comparison.warnings.at(0).sentence, HasSubstr("cannot be called identical"));
}

TEST(CompareExact, DifferentInputsAreJudgedByTheEffect) {
  const struct {
    int64_t b;
    Verdict verdict;
  } rows[] = {
      {1000000, Verdict::kUnchanged}, {1000999, Verdict::kUnchanged},
      {1001000, Verdict::kChanged},   {1009999, Verdict::kChanged},
      {1010000, Verdict::kRegressed}, {1300000, Verdict::kRegressed},
      {999001, Verdict::kUnchanged},  {999000, Verdict::kChanged},
      {990100, Verdict::kChanged},    {990099, Verdict::kImproved},
      {500000, Verdict::kImproved},
  };
  for (const auto& row : rows) {
    const Comparison comparison =
        CompareRuns(Exact("a", kOne, {1000000}), Exact("b", kTwo, {row.b}));
    EXPECT_EQ(comparison.benchmarks.at(0).verdict, row.verdict)
        << row.b << ": " << comparison.benchmarks.at(0).sentence;
  }
}

TEST(CompareExact, ThresholdsAreAdjustable) {
  const Rules rules = {.exact_changed = 0.01, .exact_regressed = 0.05};
  const auto run_a = Exact("a", kOne, {1000000});
  EXPECT_EQ(CompareRuns(run_a, Exact("b", kTwo, {1009000}), rules).benchmarks[0].verdict,
            Verdict::kUnchanged);
  EXPECT_EQ(CompareRuns(run_a, Exact("b", kTwo, {1040000}), rules).benchmarks[0].verdict,
            Verdict::kChanged);
}

TEST(CompareExact, EqualSamplesFromDifferentInputsAreUnchanged) {
  const Comparison comparison = CompareRuns(Exact("a", kOne, {7, 8}), Exact("b", kTwo, {7, 8}));
  EXPECT_EQ(comparison.benchmarks.at(0).verdict, Verdict::kUnchanged);
  EXPECT_THAT(comparison.benchmarks.at(0).sentence, HasSubstr("although the inputs differ"));
}

TEST(CompareExact, CostsAreDividedByTheOperations) {
  const Comparison comparison =
      CompareRuns(Exact("a", kOne, {1000000}, 1), Exact("b", kTwo, {2000000}, 2));
  EXPECT_EQ(comparison.benchmarks.at(0).verdict, Verdict::kUnchanged);
  EXPECT_EQ(CompareRuns(Exact("a", kOne, {1000000}, 1), Exact("b", kOne, {2000000}, 2))
                .benchmarks.at(0)
                .verdict,
            Verdict::kNotDeterministic);
}

TEST(CompareExact, ListsTheInputsThatDiffer) {
  const auto run_a = Exact("a", kOne, {100});
  const auto run_b = Exact("b", kTwo, {100});
  const Comparison comparison = CompareRuns(run_a, run_b);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_EQ(comparison.differences[0].where, "input");
  EXPECT_EQ(comparison.differences[0].key, "kernel.sha256");
  EXPECT_EQ(comparison.differences[0].a, "11");
  EXPECT_EQ(comparison.differences[0].b, "22");
}

}  // namespace
}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
// The canaries' verdicts.
#include "harness/compare/self_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {
namespace {

using CanaryState = Canary::State;

// Makes `rounds` rounds of base, twin and slow5 in one cell. Twin and slow5 cost `twin` and `slow`
// times as much as base.
store::Run Canaries(store::Clock clock, int64_t rounds, double twin, double slow, double noise) {
  store::Run run = MakeRun("r", {MakeCell("c", clock)});
  for (int64_t round = 0; round < rounds; ++round) {
    const double wobble = noise * static_cast<double>((round * 7) % 11 - 5) / 5.0;
    const auto cost = [](double factor) { return static_cast<int64_t>(1e6 * factor + 0.5); };
    AddSlice(run, "c", kCanaryBase, round, {1000000});
    AddSlice(run, "c", kCanaryTwin, round, {cost(twin + wobble)});
    AddSlice(run, "c", kCanarySlow, round, {cost(slow + wobble)});
  }
  return run;
}

TEST(SelfCheck, AQuietHostIsGood) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kWall, 33, 1.0, 1.05, 0.01), "c");
  EXPECT_EQ(check.twin.state, CanaryState::kGood) << check.twin.sentence;
  EXPECT_EQ(check.slow.state, CanaryState::kGood) << check.slow.sentence;
  EXPECT_NEAR(*check.slow.ratio, 1.05, 0.003);
  EXPECT_GT(check.slow.interval->low, 0.02);
  EXPECT_LT(*check.minimal_detectable_effect, 0.03);
}

TEST(SelfCheck, ATwinThatDiffersIsBad) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kKvm, 33, 1.04, 1.05, 0.005), "c");
  EXPECT_EQ(check.twin.state, CanaryState::kBad);
  EXPECT_THAT(check.twin.sentence, testing::HasSubstr("trust no verdict"));
}

TEST(SelfCheck, ASlowCanaryThatIsNotSlowIsBad) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kWall, 33, 1.0, 1.0, 0.005), "c");
  EXPECT_EQ(check.slow.state, CanaryState::kBad);
}

TEST(SelfCheck, ANoisyHostIsUnclear) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kWall, 12, 1.0, 1.05, 0.3), "c");
  EXPECT_EQ(check.twin.state, CanaryState::kUnclear);
  EXPECT_EQ(check.slow.state, CanaryState::kUnclear);
  EXPECT_GT(*check.minimal_detectable_effect, 0.05);
}

TEST(SelfCheck, FewPairsAreUnclear) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kWall, 9, 1.0, 1.05, 0.0), "c");
  EXPECT_EQ(check.twin.state, CanaryState::kUnclear);
  EXPECT_EQ(check.slow.state, CanaryState::kUnclear);
  EXPECT_FALSE(check.minimal_detectable_effect.has_value());
}

TEST(SelfCheck, ReportsAbsentCanaries) {
  const store::Run run = MakeRun("r", {MakeCell("c", store::Clock::kWall)});
  EXPECT_EQ(SelfCheck(run, "c").twin.state, CanaryState::kAbsent);
  EXPECT_EQ(SelfCheck(run, "c").slow.state, CanaryState::kAbsent);
  EXPECT_THROW(SelfCheck(run, "other"), sys::Complaint);
}

TEST(SelfCheck, TheExactClockNeedsOneSlice) {
  const SelfCheckResult good = SelfCheck(Canaries(store::Clock::kExact, 1, 1.0, 1.05, 0), "c");
  EXPECT_EQ(good.twin.state, CanaryState::kGood);
  EXPECT_EQ(good.slow.state, CanaryState::kGood);
  const SelfCheckResult bad = SelfCheck(Canaries(store::Clock::kExact, 1, 1.02, 1.005, 0), "c");
  EXPECT_EQ(bad.twin.state, CanaryState::kBad);
  EXPECT_EQ(bad.slow.state, CanaryState::kBad);
}

// One slice of 30 samples for each canary. All samples scatter by up to `scatter`; those of the
// twin are larger by `shift`.
store::Run ScatteredTwin(int64_t shift, int64_t scatter) {
  store::Run run = MakeRun("r", {MakeCell("c", store::Clock::kExact)});
  for (const char* name : {kCanaryBase, kCanaryTwin, kCanarySlow}) {
    const bool twin = name == std::string(kCanaryTwin);
    std::vector<int64_t> samples;
    for (int64_t i = 0; i < 30; ++i)
      samples.push_back(100000 + (twin ? shift : 0) + scatter * ((i * (twin ? 7 : 11)) % 30) / 30);
    AddSlice(run, "c", name, 0, samples, 1, "instructions");
  }
  return run;
}

TEST(SelfCheck, AnExactTwinIsNotBadIfItsSamplesScatterByMore) {
  EXPECT_EQ(SelfCheck(ScatteredTwin(1200, 200), "c").twin.state, CanaryState::kBad);
  const SelfCheckResult scattered = SelfCheck(ScatteredTwin(1200, 9000), "c");
  EXPECT_EQ(scattered.twin.state, CanaryState::kUnclear);
  EXPECT_NE(scattered.twin.sentence.find("scatter"), std::string::npos);
  EXPECT_EQ(SelfCheck(ScatteredTwin(9000, 9000), "c").twin.state, CanaryState::kBad);
}

TEST(SelfCheck, EmulatedTimeIsNeverJudged) {
  const SelfCheckResult check = SelfCheck(Canaries(store::Clock::kTcg, 40, 2.0, 1.0, 0), "c");
  EXPECT_EQ(check.twin.state, CanaryState::kUnclear);
  EXPECT_EQ(check.slow.state, CanaryState::kUnclear);
}

}  // namespace
}  // namespace procmark::compare

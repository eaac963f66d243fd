// SPDX-License-Identifier: MIT
#include "harness/plan/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/sys/complaint.h"

namespace procmark::plan {
namespace {

std::string ComplaintOf(std::string_view toml) {
  try {
    (void)ParsePlan(toml, "p.toml");
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

// toml++ ends the process on these.
TEST(Plan, ATextThatTomlPlusPlusCannotBearIsRefusedWithItsLine) {
  for (const char* name : {"?a", " ?a", ".a", "\x01", "\u00e9", "#", ",", "=", "{", "+"}) {
    for (const std::string& text : {"[" + std::string(name) + "]", "[[" + std::string(name) + "]]",
                                    "[ [" + std::string(name) + "]]"}) {
      EXPECT_NE(ComplaintOf("name = \"x\"\n" + text).find("p.toml: line 2: "), std::string::npos)
          << text;
    }
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a.";
  EXPECT_NE(ComplaintOf("[" + deep + "a]").find("more than 1000 dots"), std::string::npos);
  EXPECT_NE(ComplaintOf(deep + "a = 1").find("more than 1000 dots"), std::string::npos);
  EXPECT_EQ(ComplaintOf("cells = [\n  \"native\"\n]\n[benchmarks]\ntags = [\n]\n"), "");
}

TEST(Plan, RoundTripsThroughToml) {
  Plan plan;
  plan.name = "mine \"quoted\"";
  plan.cells = {"native", "amd64/debian-6.1/max/exact"};
  plan.benchmarks = {{"core", "x"}, "fork|vfork", {"fork/rss:48M/to:reaped"}};
  plan.tests = {{}, "^State\\."};
  plan.samples = 7;
  plan.rounds = 3;
  plan.budget_s = 240;
  plan.seed = 99;
  const Plan back = ParsePlan(ToToml(plan), "again");
  EXPECT_EQ(back.name, plan.name);
  EXPECT_EQ(back.cells, plan.cells);
  EXPECT_EQ(back.benchmarks.tags, plan.benchmarks.tags);
  EXPECT_EQ(back.benchmarks.filter, plan.benchmarks.filter);
  EXPECT_EQ(back.benchmarks.names, plan.benchmarks.names);
  EXPECT_EQ(back.tests.tags, plan.tests.tags);
  EXPECT_EQ(back.tests.filter, plan.tests.filter);
  EXPECT_EQ(back.samples, 7);
  EXPECT_EQ(back.rounds, 3);
  EXPECT_EQ(back.budget_s, 240);
  EXPECT_EQ(back.seed, 99U);
}

TEST(Plan, EachMistakeIsNamed) {
  EXPECT_NE(ComplaintOf("cells = [").find("p.toml: line 1"), std::string::npos);
  EXPECT_NE(ComplaintOf("cell = []").find("'cell' is not a key"), std::string::npos);
  EXPECT_NE(ComplaintOf("rounds = 0").find("'rounds' must be"), std::string::npos);
  EXPECT_NE(ComplaintOf("rounds = \"3\"").find("'rounds' must be"), std::string::npos);
  EXPECT_NE(ComplaintOf("samples = 4097").find("'samples' must be"), std::string::npos);
  EXPECT_NE(ComplaintOf("budget_s = -1").find("'budget_s' must be"), std::string::npos);
  EXPECT_NE(
      ComplaintOf("[tests]\nfilter = \"(\"").find("p.toml: tests.filter '(' is not a regular"),
      std::string::npos);
  EXPECT_NE(ComplaintOf("cells = [1]").find("list of strings"), std::string::npos);
}

TEST(Choose, TagsAndFilterMustBothAgree) {
  const std::vector<Offer> offers = {
      {"fork", {"core"}}, {"vfork", {"core"}}, {"exec", {}}, {"broken/hang", {"broken"}}};
  EXPECT_EQ(Choose({{"core"}, ""}, offers), (std::vector<std::string>{"fork", "vfork"}));
  EXPECT_EQ(Choose({{}, "^(fork|exec)"}, offers), (std::vector<std::string>{"fork", "exec"}));
  EXPECT_EQ(Choose({{"core"}, "exec"}, offers), std::vector<std::string>{});
}

TEST(Choose, ANameIsChosenBesides) {
  const std::vector<Offer> offers = {{"fork", {"core"}}, {"vfork", {"core"}}, {"exec", {}}};
  EXPECT_EQ(Choose({{"none"}, "", {"exec"}}, offers), std::vector<std::string>{"exec"});
  EXPECT_EQ(Choose({{"core"}, "^f", {"exec"}}, offers), (std::vector<std::string>{"fork", "exec"}));
}

TEST(Choose, BrokenCanariesRunOnlyByTheirWholeName) {
  const std::vector<Offer> offers = {{"fork", {"core"}}, {"broken/hang", {"broken"}}};
  EXPECT_EQ(Choose({{}, ""}, offers), std::vector<std::string>{"fork"});
  EXPECT_EQ(Choose({{}, "broken"}, offers), std::vector<std::string>{});
  EXPECT_EQ(Choose({{}, "broken/hang"}, offers), std::vector<std::string>{"broken/hang"});
}

TEST(Interleave, EveryCellMeetsEveryBenchmarkOncePerRoundAsNeighbours) {
  const std::vector<Step> steps = Interleave({"a", "b"}, {"x", "y", "z"}, 4, 6, 1);
  ASSERT_EQ(steps.size(), 2U * 3U * 6U);
  std::map<int64_t, std::set<std::pair<std::string, std::string>>> seen;
  for (size_t i = 0; i < steps.size(); i += 2) {
    EXPECT_EQ(steps[i].benchmark, steps[i + 1].benchmark);
    EXPECT_EQ(steps[i].round, steps[i + 1].round);
    EXPECT_EQ(steps[i].cell, steps[i].round % 2 == 0 ? "a" : "b");
    seen[steps[i].round].insert({steps[i].cell, steps[i].benchmark});
    seen[steps[i].round].insert({steps[i + 1].cell, steps[i + 1].benchmark});
  }
  ASSERT_EQ(seen.size(), 6U);
  for (const auto& [round, pairs] : seen) EXPECT_EQ(pairs.size(), 6U) << round;
}

TEST(Interleave, TheOrderDependsOnSeedAndRoundAlone) {
  const std::vector<std::string> benchmarks = {"a", "b", "c", "d", "e", "f", "g", "h"};
  EXPECT_EQ(Interleave({"n"}, benchmarks, 0, 4, 7), Interleave({"n"}, benchmarks, 0, 4, 7));
  EXPECT_NE(Interleave({"n"}, benchmarks, 0, 4, 7), Interleave({"n"}, benchmarks, 0, 4, 8));
  const std::vector<Step> all = Interleave({"n"}, benchmarks, 0, 4, 7);
  const std::vector<Step> later = Interleave({"n"}, benchmarks, 2, 2, 7);
  EXPECT_EQ(std::vector<Step>(all.begin() + 16, all.end()), later);
}

}  // namespace
}  // namespace procmark::plan

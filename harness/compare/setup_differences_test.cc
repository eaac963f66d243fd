// SPDX-License-Identifier: MIT
// How the setup of two sides differs.
#include "harness/compare/setup_differences.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

TEST(SetupDifferences, ListsExactlyTheKeysThatDiffer) {
  store::Run run_a =
      MakeRun("a", {MakeCell("c", store::Clock::kExact, {{"k", "1"}, {"same", "x"}})});
  store::Run run_b =
      MakeRun("b", {MakeCell("c", store::Clock::kExact, {{"k", "2"}, {"same", "x"}})});
  run_a.cells[0].environment = {{"only.a", ""}, {"cpu", "one"}};
  run_b.cells[0].environment = {{"cpu", "one"}, {"only.b", "v"}};
  run_a.environment = {{"host.name", "h1"}};
  run_b.environment = {{"host.name", "h2"}};
  run_a.cells[0].environment["kernel.config_sha256"] = "aa";
  run_b.cells[0].environment["kernel.config_sha256"] = "bb";
  run_a.kernel_configs["aa"] = {{"CONFIG_PREEMPT", "y"}};
  run_b.kernel_configs["bb"] = {{"CONFIG_HZ", "250"}};
  const Side a = {.run = &run_a, .cell = "c"};
  const Side b = {.run = &run_b, .cell = "c"};
  std::vector<SetupDifference> differences;
  AddSetupDifferences(a, run_a.cells[0], b, run_b.cells[0], differences);
  ASSERT_EQ(differences.size(), 7U);
  EXPECT_EQ(differences[0].where + " " + differences[0].key, "input k");
  EXPECT_EQ(differences[1].key, "kernel.config_sha256");
  EXPECT_EQ(differences[2].key, "only.a");
  EXPECT_EQ(differences[2].a, "");  // the key exists, with an empty value
  EXPECT_FALSE(differences[2].b.has_value());
  EXPECT_EQ(differences[3].key, "only.b");
  EXPECT_FALSE(differences[3].a.has_value());
  EXPECT_EQ(differences[4].where, "host");
  EXPECT_EQ(differences[5].key, "CONFIG_HZ");
  EXPECT_EQ(differences[6].where + " " + differences[6].key, "kernel config CONFIG_PREEMPT");
}

TEST(SetupDifferences, AnUnknownConfigurationIsNotComparedWithAKnownOne) {
  store::Run run_a = MakeRun("a", {MakeCell("c", store::Clock::kWall, {})});
  const store::Run run_b = MakeRun("b", {MakeCell("c", store::Clock::kWall, {})});
  run_a.cells[0].environment["kernel.config_sha256"] = "aa";
  run_a.kernel_configs["aa"] = {{"CONFIG_HZ", "250"}};
  std::vector<SetupDifference> differences;
  AddSetupDifferences({.run = &run_a, .cell = "c"}, run_a.cells[0], {.run = &run_b, .cell = "c"},
                      run_b.cells[0], differences);
  EXPECT_EQ(differences.size(), 1U);  // only the hash, which b does not have
}

TEST(SetupDifferences, ASideDoesNotDifferFromItself) {
  const store::Run run = MakeRun("a", {MakeCell("c", store::Clock::kWall, {{"k", "1"}})});
  const Side side = {.run = &run, .cell = "c"};
  std::vector<SetupDifference> differences;
  AddSetupDifferences(side, run.cells[0], side, run.cells[0], differences);
  EXPECT_TRUE(differences.empty());
}

}  // namespace
}  // namespace procmark::compare

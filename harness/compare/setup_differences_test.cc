// What differs between two sides.
#include "harness/compare/setup_differences.h"

#include <gtest/gtest.h>

#include "harness/compare/test/made_run.h"

namespace procmark::compare {
namespace {

TEST(Differences, ListsEveryKeyThatDiffersAndNoOther) {
  store::Run run_a =
      MadeRun("a", {MadeCell("c", store::Clock::kExact, {{"k", "1"}, {"same", "x"}})});
  store::Run run_b =
      MadeRun("b", {MadeCell("c", store::Clock::kExact, {{"k", "2"}, {"same", "x"}})});
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
  std::vector<Difference> differences;
  AddDifferences(a, run_a.cells[0], b, run_b.cells[0], differences);
  ASSERT_EQ(differences.size(), 7U);
  EXPECT_EQ(differences[0].where + " " + differences[0].key, "input k");
  EXPECT_EQ(differences[1].key, "kernel.config_sha256");
  EXPECT_EQ(differences[2].key, "only.a");
  EXPECT_EQ(differences[2].a, "");  // there, but empty
  EXPECT_FALSE(differences[2].b.has_value());
  EXPECT_EQ(differences[3].key, "only.b");
  EXPECT_FALSE(differences[3].a.has_value());
  EXPECT_EQ(differences[4].where, "host");
  EXPECT_EQ(differences[5].key, "CONFIG_HZ");
  EXPECT_EQ(differences[6].where + " " + differences[6].key, "kernel config CONFIG_PREEMPT");
}

TEST(Differences, AnUnknownConfigurationIsNotHeldAgainstAKnownOne) {
  store::Run run_a = MadeRun("a", {MadeCell("c", store::Clock::kWall, {})});
  const store::Run run_b = MadeRun("b", {MadeCell("c", store::Clock::kWall, {})});
  run_a.cells[0].environment["kernel.config_sha256"] = "aa";
  run_a.kernel_configs["aa"] = {{"CONFIG_HZ", "250"}};
  std::vector<Difference> differences;
  AddDifferences({.run = &run_a, .cell = "c"}, run_a.cells[0], {.run = &run_b, .cell = "c"},
                 run_b.cells[0], differences);
  EXPECT_EQ(differences.size(), 1U);  // the hash, which one side lacks
}

TEST(Differences, OfASideWithItselfAreNone) {
  const store::Run run = MadeRun("a", {MadeCell("c", store::Clock::kWall, {{"k", "1"}})});
  const Side side = {.run = &run, .cell = "c"};
  std::vector<Difference> differences;
  AddDifferences(side, run.cells[0], side, run.cells[0], differences);
  EXPECT_TRUE(differences.empty());
}

}  // namespace
}  // namespace procmark::compare

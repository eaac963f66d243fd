// SPDX-License-Identifier: MIT
// Which slices become pairs, and when sides count as interleaved.
#include "harness/compare/pairing.h"

#include <gtest/gtest.h>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {
namespace {

// Adds one slice for each entry: the letter is the cell, the number the round.
store::Run InThisOrder(const std::vector<std::pair<std::string, int64_t>>& slices) {
  store::Run run = TwoNoisyCells();
  for (const auto& [cell, round] : slices) AddSlice(run, cell, "fork", round, {1000});
  return run;
}

Pairing PairCells(const store::Run& run) {
  return PairByRound(SlicesOf(Side{.run = &run, .cell = "a"}).of.at("fork"),
                     SlicesOf(Side{.run = &run, .cell = "b"}).of.at("fork"));
}

TEST(PairByRound, PairsTheSlicesOfOneRound) {
  const store::Run run = InThisOrder({{"a", 0}, {"b", 0}, {"b", 1}, {"a", 1}});
  const Pairing pairing = PairCells(run);
  ASSERT_EQ(pairing.pairs.size(), 2U);
  for (const Pair& pair : pairing.pairs) EXPECT_EQ(pair.a->round, pair.b->round);
  EXPECT_EQ(pairing.pairs[1].a->sequence, 3);
  EXPECT_EQ(pairing.unpaired, 0U);
  EXPECT_TRUE(pairing.interleaved);
}

TEST(PairByRound, PairsSeveralSlicesOfARoundInTheirOrder) {
  const store::Run run = InThisOrder({{"a", 0}, {"b", 0}, {"a", 0}, {"b", 0}});
  const Pairing pairing = PairCells(run);
  ASSERT_EQ(pairing.pairs.size(), 2U);
  EXPECT_EQ(pairing.pairs[0].b->sequence, 1);
  EXPECT_EQ(pairing.pairs[1].a->sequence, 2);
  EXPECT_TRUE(pairing.interleaved);
}

TEST(PairByRound, CountsSlicesWithoutAPartner) {
  const store::Run run = InThisOrder({{"a", 0}, {"a", 1}, {"b", 1}, {"b", 2}});
  const Pairing pairing = PairCells(run);
  EXPECT_EQ(pairing.pairs.size(), 1U);
  EXPECT_EQ(pairing.unpaired, 2U);
}

TEST(PairByRound, ASideThatRanAfterTheOtherIsNotInterleaved) {
  EXPECT_FALSE(PairCells(InThisOrder({{"a", 0}, {"a", 1}, {"b", 0}, {"b", 1}})).interleaved);
}

}  // namespace
}  // namespace procmark::compare

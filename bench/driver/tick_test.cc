// SPDX-License-Identifier: MIT
// Converts ticks at the frequencies that guests have.
#include "bench/driver/tick.h"

#include <gtest/gtest.h>

namespace procmark::bench {
namespace {

TEST(TickWorth, AGigahertzCounterTicksOncePerInstruction) {
  const TickWorth worth{1'000'000'000, 1'000'000'000};
  EXPECT_EQ(worth.Instructions(0), 0);
  EXPECT_EQ(worth.Instructions(4'002), 4'002);
  EXPECT_DOUBLE_EQ(worth.InstructionsPerTick(), 1);
}

TEST(TickWorth, TheTimebaseOfPowerTicksOnceInTwo) {
  const TickWorth worth{1'000'000'000, 512'000'000};
  EXPECT_EQ(worth.Instructions(512), 1'000);
  EXPECT_EQ(worth.Instructions(1), 2);  // 1.953 to the nearest
  EXPECT_EQ(worth.Instructions(51'200), 100'000);
  EXPECT_NEAR(worth.InstructionsPerTick(), 1.953, 0.001);
}

TEST(TickWorth, TheHalvedTodClockTicksTwicePerInstruction) {
  const TickWorth worth{125, 256};
  EXPECT_EQ(worth.Instructions(2'048), 1'000);
  EXPECT_EQ(worth.Instructions(2), 1);
}

// In an hour of guest time the products must not overflow.
TEST(TickWorth, LongSpansKeepTheirPrecision) {
  constexpr int64_t kHourNs = 3'600'000'000'000;
  EXPECT_EQ((TickWorth{1'000'000'000, 62'500'000}.Instructions(kHourNs / 16)), kHourNs);
  EXPECT_EQ((TickWorth{1'000'000'000, 512'000'000}.Instructions(kHourNs / 1'000 * 512)), kHourNs);
}

}  // namespace
}  // namespace procmark::bench

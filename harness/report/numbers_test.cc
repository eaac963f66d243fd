// SPDX-License-Identifier: MIT
// Numbers as text.
#include "harness/report/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace procmark::report {
namespace {

TEST(CountText, GroupsByThousands) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(1234567), "1,234,567");
  EXPECT_EQ(CountText(-123456), "-123,456");
  EXPECT_EQ(CountText(std::numeric_limits<int64_t>::max()), "9,223,372,036,854,775,807");
}

TEST(CostText, RoundsNanoseconds) {
  EXPECT_EQ(CostText(3.14159, "ns"), "3.14");
  EXPECT_EQ(CostText(123.456, "ns"), "123.5");
  EXPECT_EQ(CostText(46123.7, "ns"), "46,124");
  EXPECT_EQ(CostText(0, "ns"), "0.00");
}

TEST(CostText, ShowsWholeInstructions) {
  EXPECT_EQ(CostText(253418, "instructions"), "253,418");
  EXPECT_EQ(CostText(7, "instructions"), "7");
  EXPECT_EQ(CostText(1234.5, "instructions"), "1,234.50");
}

TEST(CostText, ShowsADashForNaN) { EXPECT_EQ(CostText(std::nan(""), "ns"), "-"); }

TEST(PerOperationText, HasDecimalsOnlyIfNeeded) {
  const std::map<std::string, double> counts = {{"a", 31}, {"b", 0.5}, {"c", 0}};
  EXPECT_EQ(PerOperationText(counts, "a"), "31");
  EXPECT_EQ(PerOperationText(counts, "b"), "0.50");
  EXPECT_EQ(PerOperationText(counts, "c"), "0");
  EXPECT_EQ(PerOperationText(counts, "d"), "-");
}

TEST(SlopeText, HasThreeSignificantDigits) {
  EXPECT_EQ(SlopeText(0), "0");
  EXPECT_EQ(SlopeText(0.0123456), "0.0123");
  EXPECT_EQ(SlopeText(-1.23456), "-1.23");
  EXPECT_EQ(SlopeText(75.32), "75.3");
  EXPECT_EQ(SlopeText(1234.5), "1,234");
  EXPECT_EQ(SlopeText(1e-9), "0.000000");
  EXPECT_EQ(SlopeText(std::nan("")), "-");
}

}  // namespace
}  // namespace procmark::report

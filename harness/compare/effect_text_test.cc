// SPDX-License-Identifier: MIT
// Relative effects as text.
#include "harness/compare/effect_text.h"

#include <gtest/gtest.h>

namespace procmark::compare {
namespace {

TEST(PercentText, HasASignAndTwoDecimals) {
  EXPECT_EQ(PercentText(0.0502), "+5.02 %");
  EXPECT_EQ(PercentText(-0.004), "-0.40 %");
  EXPECT_EQ(PercentText(1.5), "+150.0 %");
  EXPECT_EQ(PercentText(0.0), "0.00 %");
  EXPECT_EQ(PercentText(-0.00001), "0.00 %");
  EXPECT_EQ(IntervalText({-0.004, 0.011, 0.95}), "[-0.40 %, +1.10 %]");
}

TEST(SizeText, HasNoSign) {
  EXPECT_EQ(SizeText(0.0502), "5.02 %");
  EXPECT_EQ(SizeText(-0.004), "0.40 %");
  EXPECT_EQ(SizeText(10.2), "1020.0 %");
  EXPECT_EQ(SizeText(0.0), "0.00 %");
}

}  // namespace
}  // namespace procmark::compare

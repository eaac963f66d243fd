// SPDX-License-Identifier: MIT
#include "harness/sys/text.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::sys {
namespace {

using Parts = std::vector<std::string>;

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(Split("a,,b", ','), (Parts{"a", "", "b"}));
  EXPECT_EQ(Split("a,", ','), (Parts{"a", ""}));
  EXPECT_EQ(Split("", ','), Parts{""});
  EXPECT_EQ(Split("a,b", '/'), Parts{"a,b"});
}

TEST(SplitNonEmpty, DropsEmptyParts) {
  EXPECT_EQ(SplitNonEmpty(",a,,b,", ','), (Parts{"a", "b"}));
  EXPECT_EQ(SplitNonEmpty("", ','), Parts{});
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(ParseNumber<int64_t>("-12"), -12);
  EXPECT_EQ(ParseNumber<uint16_t>("e9", 16), 0xe9);
  EXPECT_EQ(ParseNumber<int64_t>("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1x", "0x10", "1.0", "9223372036854775808"}) {
    EXPECT_EQ(ParseNumber<int64_t>(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, RefusesWhatTheTypeCannotHold) {
  EXPECT_EQ(ParseNumber<uint8_t>("255"), 255);
  EXPECT_EQ(ParseNumber<uint8_t>("256"), std::nullopt);
  EXPECT_EQ(ParseNumber<uint32_t>("-1"), std::nullopt);
}

TEST(ParseReal, TakesTheWholeTextAndOnlyFiniteNumbers) {
  EXPECT_EQ(ParseReal("0.25"), 0.25);
  EXPECT_EQ(ParseReal("2e3"), 2000.0);
  for (const char* text : {"", "x", "1.5s", " 1", "inf", "nan", "1e999"}) {
    EXPECT_EQ(ParseReal(text), std::nullopt) << text;
  }
}

TEST(ParseBytes, KnowsBinaryUnits) {
  EXPECT_EQ(ParseBytes("0"), 0);
  EXPECT_EQ(ParseBytes("1536"), 1536);
  EXPECT_EQ(ParseBytes("64K"), 65'536);
  EXPECT_EQ(ParseBytes("8G"), int64_t{8} << 30);
  for (const char* text : {"", "K", "1k", "1KB", "-1", "-1K", "1.5G", "8388608T"}) {
    EXPECT_EQ(ParseBytes(text), std::nullopt) << text;
  }
}

TEST(RequireNumber, NamesTheRangeAndTheText) {
  EXPECT_EQ(RequireNumber("--jobs", "3", 1, 4), 3);
  for (const char* text : {"0", "5", "x", ""}) {
    try {
      (void)RequireNumber("--jobs", text, 1, 4);
      ADD_FAILURE() << text;
    } catch (const Complaint& complaint) {
      EXPECT_EQ(complaint.Code(), ExitCode::kUsage);
      EXPECT_EQ(complaint.what(),
                "--jobs must be a whole number from 1 to 4, not '" + std::string(text) + "'");
    }
  }
}

}  // namespace
}  // namespace procmark::sys

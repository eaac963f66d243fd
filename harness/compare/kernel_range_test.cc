// SPDX-License-Identifier: MIT
// Kernel releases and ranges.
#include "harness/compare/kernel_range.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace procmark::compare {
namespace {

TEST(ParseKernelVersion, ReadsTheOutputOfUname) {
  EXPECT_EQ(ParseKernelVersion("6.1.0-44-cloud-amd64"), (KernelVersion{6, 1, 0}));
  EXPECT_EQ(ParseKernelVersion("6.12.90+deb13.1-arm64"), (KernelVersion{6, 12, 90}));
  EXPECT_EQ(ParseKernelVersion("6.12"), (KernelVersion{6, 12, 0}));
  EXPECT_EQ(ParseKernelVersion("7.0-rc3"), (KernelVersion{7, 0, 0}));
  EXPECT_EQ(ParseKernelVersion("5.10.250.1"), (KernelVersion{5, 10, 250}));
}

TEST(ParseKernelVersion, RefusesOtherText) {
  for (const char* text : {"", "6", "linux", "6.", ".1", "-6.1", "99999999999999999999.1"}) {
    EXPECT_FALSE(ParseKernelVersion(text).has_value()) << text;
  }
}

TEST(KernelRange, RequiresAllConditions) {
  const KernelRange range = KernelRange::Parse(">=5.10 <5.11");
  EXPECT_TRUE(range.Contains({5, 10, 0}));
  EXPECT_TRUE(range.Contains({5, 10, 250}));
  EXPECT_FALSE(range.Contains({5, 11, 0}));
  EXPECT_FALSE(range.Contains({5, 9, 99}));
  EXPECT_FALSE(range.Contains({6, 10, 0}));
  EXPECT_EQ(range.Text(), ">=5.10 <5.11");
}

TEST(KernelRange, ComparesNumbersAndNotText) {
  EXPECT_TRUE(KernelRange::Parse("<6.12").Contains({6, 7, 0}));
  EXPECT_FALSE(KernelRange::Parse("<6.7").Contains({6, 12, 0}));
}

TEST(KernelRange, HasFiveOperators) {
  EXPECT_TRUE(KernelRange::Parse("=6.1").Contains({6, 1, 0}));
  EXPECT_FALSE(KernelRange::Parse("=6.1").Contains({6, 1, 1}));
  EXPECT_FALSE(KernelRange::Parse(">6.1").Contains({6, 1, 0}));
  EXPECT_TRUE(KernelRange::Parse(">6.1").Contains({6, 1, 1}));
  EXPECT_TRUE(KernelRange::Parse("<=6.1.5").Contains({6, 1, 5}));
  EXPECT_TRUE(KernelRange::Parse(">=7").Contains({7, 0, 0}));
}

TEST(KernelRange, RefusesNonsense) {
  for (const char* text :
       {"", "  ", "6.1", ">= 6.1", "=>6.1", ">=x", ">=6.1-rc1", "~6.1", ">=6.1,<7", ">=6.1.2.3"}) {
    EXPECT_THROW(KernelRange::Parse(text), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace procmark::compare

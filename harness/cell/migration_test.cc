// SPDX-License-Identifier: MIT
#include "harness/cell/migration.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

using std::string_literals::operator""s;

TEST(AsPaused, ReplacesTheRunStateAndNothingElse) {
  EXPECT_EQ(AsPaused("head\0\0\0\6debug\0\0\0tail"s), "head\0\0\0\7paused\0\0tail"s);
}

TEST(AsPaused, AStreamWithoutOrWithTwoRunStatesIsRefused) {
  EXPECT_THROW(AsPaused("head\0\0\0\7running\0tail"s), sys::Complaint);
  const std::string one = "\0\0\0\6debug\0\0"s;
  EXPECT_THROW(AsPaused(one + one), sys::Complaint);
  EXPECT_THROW(AsPaused(""), sys::Complaint);
}

}  // namespace
}  // namespace procmark::cell

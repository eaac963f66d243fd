// SPDX-License-Identifier: MIT
#include "harness/cli/version.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace procmark::cli {
namespace {

TEST(Version, NamesTheCommitAndWhetherItWasModified) {
  const std::string known = VersionText({"0123456789ab", false});
  EXPECT_TRUE(known.ends_with(" (0123456789ab)")) << known;
  EXPECT_EQ(std::count(known.begin(), known.end(), '.'), 2) << known;
  EXPECT_TRUE(VersionText({"0123456789ab", true}).ends_with(" (0123456789ab, modified)"));
  EXPECT_TRUE(VersionText({"", false}).ends_with(" (unknown commit)"));
}

}  // namespace
}  // namespace procmark::cli

// SPDX-License-Identifier: MIT
// The list of exceptions can only shrink.
#include "lint/allowed.h"

#include <gtest/gtest.h>

namespace procmark::lint {
namespace {

TEST(Allowed, OnlyAListedFileMayOffendItsRule) {
  const std::string list = "# why\nlength a.cc  # one long function\nprose b.md\n";
  EXPECT_EQ(NotAllowedBy(list, "length", {{"a.cc", 3, "long"}, {"b.md", 4, "long"}}),
            "b.md:4: long\n");
  EXPECT_EQ(NotAllowedBy("length a/\n", "length", {{"a/b.cc", 1, "long"}, {"ab.cc", 1, "long"}}),
            "ab.cc:1: long\n");
  EXPECT_EQ(NotAllowedBy("", "length", {{"a.cc", 0, "long"}}), "a.cc: long\n");
}

TEST(Allowed, ALineThatIsNoLongerNeededIsAnOffence) {
  EXPECT_EQ(NotAllowedBy("length a.cc\n", "length", {}),
            "a.cc keeps the rule length: remove its line from lint/allowed.txt\n");
  EXPECT_EQ(NotAllowedBy("length a/\n", "length", {}),
            "a/ keeps the rule length: remove its line from lint/allowed.txt\n");
  EXPECT_EQ(NotAllowedBy("length a.cc\n", "prose", {}), "");
}

}  // namespace
}  // namespace procmark::lint

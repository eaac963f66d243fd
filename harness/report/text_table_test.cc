// SPDX-License-Identifier: MIT
// Alignment of columns.
#include "harness/report/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace procmark::report {
namespace {

using testing::ElementsAre;

TEST(AlignColumns, UsesTheWidestEntryOfEachColumn) {
  EXPECT_THAT(AlignColumns({{"name"}, {"value", true}, {"unit"}},
                           {{"fork", "1,234", "ns"}, {"\u00b5", "5", ""}}),
              ElementsAre("name  value  unit",  //
                          "fork  1,234  ns",    //
                          "\u00b5         5"));
}

TEST(AlignColumns, KeepsHostileEntriesOnTheirLine) {
  EXPECT_THAT(AlignColumns({{"name"}}, {{"a\nb\x1b[2J"}}),
              ElementsAre("name", "a b\xEF\xBF\xBD[2J"));
}

}  // namespace
}  // namespace procmark::report

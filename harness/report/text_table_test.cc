// Alignment.
#include "harness/report/text_table.h"

#include <gtest/gtest.h>

namespace procmark::report {
namespace {

TEST(TextTable, AlignsColumnsByTheirWidestEntry) {
  TextTable table({{"name"}, {"value", TextTable::Align::kRight}, {"unit"}});
  EXPECT_TRUE(table.Empty());
  table.Add({"fork", "1,234", "ns"});
  table.Add({"\u00b5", "5"});
  EXPECT_EQ(table.Render(2),
            "  name  value  unit\n"
            "  fork  1,234  ns\n"
            "  \u00b5         5\n");
}

TEST(TextTable, KeepsHostileEntriesOnTheirLine) {
  TextTable table({{"name"}});
  table.Add({"a\nb\x1b[2J"});
  EXPECT_EQ(table.Render(), "name\na b\xEF\xBF\xBD[2J\n");
}

}  // namespace
}  // namespace procmark::report

// SPDX-License-Identifier: MIT
// Catalogues and lists of tests that agree, and those that do not.
#include "conformance/ctest/coverage.h"

#include <gtest/gtest.h>

namespace procmark::conformance {
namespace {

using Faults = std::vector<std::string>;

CatalogueRow Row(int64_t id, const std::string& untested = "", const std::string& area = "wait") {
  return {.id = id, .area = area, .says = "A.", .authority = "b", .untested = untested};
}

Coverage Compare(const std::vector<CatalogueRow>& rows, const std::vector<ListedTest>& tests) {
  return CompareWithTests(rows, tests, {"wait", "fork"});
}

TEST(Coverage, EachRowIsTestedOrExcused) {
  const Coverage coverage = Compare({Row(1), Row(2), Row(3, "not visible"), Row(4), Row(5)},
                                    {{"A.One", "1 4-5"}, {"A.Two", "2"}});
  EXPECT_EQ(coverage.faults, Faults{});
  EXPECT_EQ(coverage.tested, 4U);
  EXPECT_EQ(coverage.excused, 1U);
  EXPECT_EQ(coverage.without_row, 0U);
}

TEST(Coverage, ATestNeedsNoRow) {
  const Coverage coverage =
      Compare({Row(1)}, {{"A.One", "1"}, {"A.New", ""}, {"Broken.Fails", "canary"}});
  EXPECT_EQ(coverage.faults, Faults{});
  EXPECT_EQ(coverage.without_row, 2U);
}

TEST(Coverage, ARowNeitherTestedNorExcusedIsAFault) {
  EXPECT_EQ(Compare({Row(1), Row(2)}, {{"A.One", "1"}}).faults,
            Faults{"row 2 has no test: write one, or say why there is none in 'untested'"});
}

TEST(Coverage, ARowBothTestedAndExcusedIsAFault) {
  EXPECT_EQ(Compare({Row(1, "not visible")}, {{"A.One", "1"}}).faults,
            Faults{"row 1 is tested by A.One: remove its 'untested'"});
}

TEST(Coverage, AnIdOfTwoRowsIsAFault) {
  EXPECT_EQ(Compare({Row(1), Row(1)}, {{"A.One", "1"}}).faults,
            Faults{"row 1 is in the catalogue twice"});
}

TEST(Coverage, AnAreaWithoutAFolderIsAFault) {
  EXPECT_EQ(Compare({Row(1, "", "life")}, {{"A.One", "1"}}).faults,
            Faults{"row 1 has the area 'life', which is no folder of conformance/tests/"});
}

TEST(Coverage, AnUnknownRowIsAFault) {
  EXPECT_EQ(Compare({Row(1)}, {{"A.One", "1 2"}}).faults,
            Faults{"A.One: the catalogue has no row 2"});
  EXPECT_EQ(Compare({Row(1), Row(3)}, {{"A.One", "1-3"}}).faults,
            Faults{"A.One: the catalogue has no row 2"});
  EXPECT_EQ(Compare({Row(1)}, {{"A.One", "1"}, {"A.Two", "1-9000000000"}}).faults,
            Faults{"A.Two: the catalogue has no row 9000000000"});
}

TEST(Coverage, AnItemThatIsNoRowIsAFault) {
  for (const std::string word : {"x", "1,2", "2-1", "1-", "-1", "1-2-3", "CVE-2020-29374"}) {
    EXPECT_EQ(Compare({Row(1), Row(2)}, {{"A.One", "1 2 " + word}}).faults,
              Faults{"A.One: the item '" + word + "' is neither a row nor a range of rows"});
  }
}

}  // namespace
}  // namespace procmark::conformance

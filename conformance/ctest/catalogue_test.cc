// SPDX-License-Identifier: MIT
// Good and bad catalogues.
#include "conformance/ctest/catalogue.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

// What ReadCatalogue complains about; empty when it accepts the text.
std::string ComplaintAbout(const std::string& text) {
  try {
    (void)ReadCatalogue(text, "c.toml");
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

std::string RowWith(const std::string& lines) {
  return "[[row]]\nid = 1\narea = \"wait\"\nauthority = \"wait(2)\"\n" + lines + "\n";
}

TEST(ReadCatalogue, ReadsEveryField) {
  const std::vector<CatalogueRow> rows = ReadCatalogue(
      "# a comment\n" + RowWith("says = \"A wait waits.\"") +
          "[[row]]\nid = 7\narea = \"fork\"\nsays = \"A fork forks.\"\nauthority = \"fork(2)\"\n"
          "untested = \"it is obvious\"\n",
      "c.toml");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, 1);
  EXPECT_EQ(rows[0].area, "wait");
  EXPECT_EQ(rows[0].says, "A wait waits.");
  EXPECT_EQ(rows[0].authority, "wait(2)");
  EXPECT_EQ(rows[0].untested, "");
  EXPECT_EQ(rows[1].id, 7);
  EXPECT_EQ(rows[1].untested, "it is obvious");
}

TEST(ReadCatalogue, NamesFileAndLineOfTheFault) {
  EXPECT_EQ(ComplaintAbout("\n\n" + RowWith("says = \"No full stop\"")),
            "c.toml:3: 'says' must be a sentence that ends with a full stop");
  EXPECT_TRUE(ComplaintAbout("[[row]]\nid = = 2\n").starts_with("c.toml:2: "));
}

TEST(ReadCatalogue, RefusesWhatIsNoRow) {
  EXPECT_NE(ComplaintAbout(RowWith("")).find("needs 'says'"), std::string::npos);
  EXPECT_NE(ComplaintAbout(RowWith("says = \"\"")).find("needs 'says'"), std::string::npos);
  EXPECT_NE(ComplaintAbout(RowWith("says = 3")).find("needs 'says'"), std::string::npos);
  EXPECT_NE(ComplaintAbout(RowWith("says = \"A.\"\nuntested = \"\"")).find("needs 'untested'"),
            std::string::npos);
  EXPECT_NE(ComplaintAbout(RowWith("says = \"A.\"\nreason = \"b\"")).find("no key 'reason'"),
            std::string::npos);
  EXPECT_NE(ComplaintAbout("[[row]]\nid = \"1\"\n").find("needs 'id'"), std::string::npos);
  EXPECT_NE(ComplaintAbout("[[row]]\nid = 0\n").find("needs 'id'"), std::string::npos);
  EXPECT_NE(ComplaintAbout("[row]\nid = 1\n").find("[[row]] tables only"), std::string::npos);
  EXPECT_NE(ComplaintAbout("rows = 385\n").find("[[row]] tables only"), std::string::npos);
}

}  // namespace
}  // namespace procmark::conformance

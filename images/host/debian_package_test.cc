// SPDX-License-Identifier: MIT
// Stanzas of apt-cache show, and the order of Debian versions (examples of deb-version(7)).
#include "images/host/debian_package.h"

#include <gtest/gtest.h>

namespace procmark::images {
namespace {

TEST(ParseStanzas, ReadsFieldsAndSkipsContinuations) {
  const std::vector<DebianPackage> packages = ParseStanzas(
      "Package: linux-image-6.1.0-50-cloud-amd64\n"
      "Source: linux-signed-amd64 (6.1.176+1)\n"
      "Version: 6.1.176-1\n"
      "Architecture: amd64\n"
      "Depends: kmod, linux-base (>= 4.3~)\n"
      "Description-en: Linux 6.1\n"
      " Version: of a continuation line\n"
      " .\n"
      "SHA256: abc\n"
      "\n"
      "Package: without-a-version\n"
      "\n"
      "Package: last\n"
      "Version: 2");
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].name, "linux-image-6.1.0-50-cloud-amd64");
  EXPECT_EQ(packages[0].version, "6.1.176-1");
  EXPECT_EQ(packages[0].arch, "amd64");
  EXPECT_EQ(packages[0].depends, "kmod, linux-base (>= 4.3~)");
  EXPECT_EQ(packages[0].sha256, "abc");
  EXPECT_EQ(packages[1].name, "last");
  EXPECT_EQ(packages[1].version, "2");
}

TEST(ParseStanzas, NothingGivesNothing) {
  EXPECT_TRUE(ParseStanzas("").empty());
  EXPECT_TRUE(ParseStanzas("\n\n\n").empty());
}

void ExpectOlder(const char* older, const char* newer) {
  EXPECT_LT(CompareDebianVersions(older, newer), 0) << older << " < " << newer;
  EXPECT_GT(CompareDebianVersions(newer, older), 0) << newer << " > " << older;
}

TEST(CompareDebianVersions, OrdersAsDpkgDoes) {
  ExpectOlder("6.1.99-1", "6.1.100-1");
  ExpectOlder("7.3.4-1~bpo13+1", "7.3.4-1");
  ExpectOlder("6.1~rc3-1~exp1", "6.1-1");
  ExpectOlder("6.1.176-1", "6.1.176-1+deb12u1");
  ExpectOlder("6.1.176-1", "6.1.176-2");
  ExpectOlder("9.9-1", "1:0.1-1");
  ExpectOlder("1.0", "1.0a");
  ExpectOlder("1.0a", "1.0+");
  ExpectOlder("~~", "~~a");
  ExpectOlder("~", "");
  ExpectOlder("5.10", "6.1");
}

TEST(CompareDebianVersions, KnowsEqualOnes) {
  EXPECT_EQ(CompareDebianVersions("6.1.176-1", "6.1.176-1"), 0);
  EXPECT_EQ(CompareDebianVersions("1.0", "1.00"), 0);
  EXPECT_EQ(CompareDebianVersions("0:1.0", "1.0-0"), 0);
}

}  // namespace
}  // namespace procmark::images

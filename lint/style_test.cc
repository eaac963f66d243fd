// The rules of style that a machine can check and clang-format does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

constexpr int64_t kLongestFile = 400;

std::vector<std::string> Offences(const SourceFile& file) {
  std::vector<std::string> found;
  const auto offend = [&](const std::string& what) { found.push_back(file.path + ": " + what); };
  if (!file.IsCode()) return found;
  if (std::ranges::count(file.text, '\n') > kLongestFile) {
    offend("has more than " + std::to_string(kLongestFile) + " lines: it holds two ideas");
  }
  if (!file.text.starts_with("//") && !file.text.starts_with("/*") &&
      !file.text.starts_with("#include \"")) {
    offend("does not open by saying what it is (or by including the header that does)");
  }
  static const std::regex kVagueName("\\b(class|struct) \\w*(Manager|Utils?|Helper)\\b");
  if (std::regex_search(file.text, kVagueName)) {
    offend("names a type Manager, Util or Helper: say what it does");
  }
  // Waiting is for a state; only what settles a guest may let time pass.
  static const std::regex kSleep("\\b(sleep_for|sleep_until|usleep|sleep)\\s*\\(");
  if (std::regex_search(file.text, kSleep)) offend("sleeps: wait for a state instead");
  return found;
}

TEST(Style, EveryFileKeepsTheRules) {
  std::vector<std::string> all;
  for (const SourceFile& file : ReadTree(ProjectRoot())) {
    if (file.Folder() == "lint") continue;  // its canaries offend on purpose
    const std::vector<std::string> found = Offences(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  EXPECT_EQ(all, std::vector<std::string>{});
}

TEST(Style, EachOffenceIsFound) {
  EXPECT_EQ(Offences({"a.cc", "// ok\nint x;\n"}).size(), 0U);
  EXPECT_EQ(Offences({"a.cc", "int x;\n"}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "// ok\nclass ThingManager {};\n"}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "// ok\nvoid f() { usleep(3); }\n"}).size(), 1U);
  EXPECT_EQ(Offences({"a.cc", "// ok\n" + std::string(401, '\n')}).size(), 1U);
}

// The project must be fetchable from whatever mirror its user has: no registry is named in it.
TEST(Style, NoRegistryIsNamed) {
  const std::regex host(
      "(deb|ftp|security|snapshot|archive|registry)\\.(debian|npmjs|ubuntu)\\.(org|com)");
  std::vector<std::string> found;
  for (const SourceFile& file : ReadTree(ProjectRoot())) {
    if (std::regex_search(file.text, host)) found.push_back(file.path);
  }
  EXPECT_EQ(found, std::vector<std::string>{});
}

}  // namespace
}  // namespace procmark::lint

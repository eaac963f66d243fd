// SPDX-License-Identifier: MIT
// The rules of style that a machine can check and clang-format does not.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>

#include "lint/allowed.h"
#include "lint/code_text.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

constexpr int64_t kMostLines = 400;  // beside the licence

// One offence for each place in `text`, which is a part of `file`, that `pattern` matches.
void AddMatches(const SourceFile& file, const std::string& text, const re2::RE2& pattern,
                const std::string& what, std::vector<Offence>& found) {
  re2::StringPiece match;
  for (size_t at = 0; pattern.Match(text, at, text.size(), re2::RE2::UNANCHORED, &match, 1);) {
    at = static_cast<size_t>(match.data() - text.data()) + match.size();
    found.push_back({file.path, LineOf(text, at), what});
  }
}

std::vector<Offence> Offences(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.IsCode()) return found;
  const std::string code = TakeApart(file.text).code;
  if (std::ranges::count(file.text, '\n') > kMostLines + 1) {
    found.push_back(
        {file.path, 0,
         "has more than " + std::to_string(kMostLines) + " lines: give each of its ideas a file"});
  }
  constexpr std::string_view kLicence = "// SPDX-License-Identifier: ";
  std::string_view text = file.text;
  if (text.starts_with(kLicence)) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  } else {
    found.push_back({file.path, 0, "must begin with its licence: // SPDX-License-Identifier: MIT"});
  }
  if (!text.starts_with("//") && !text.starts_with("/*") && !text.starts_with("#include \"")) {
    found.push_back({file.path, 0,
                     "must begin, behind its licence, with a comment that says what it is, or with "
                     "its own header"});
  }
  static const re2::RE2 vague(R"(\b(class|struct) \w*(Manager|Utils?|Helper)\b)");
  AddMatches(file, code, vague, "a type named Manager, Util or Helper: name what it does", found);
  static const re2::RE2 sleeps(R"(\b(sleep_for|sleep_until|usleep|sleep)\s*\()");
  AddMatches(file, code, sleeps, "a sleep: wait for a state instead", found);
  static const re2::RE2 regex(R"(\bstd::(regex|basic_regex)\b)");
  if (!file.path.starts_with("bench/")) {  // the sysroots of the programs have no RE2
    AddMatches(file, code, regex, "std::regex: use RE2, which no text can make slow", found);
  }
  static const re2::RE2 pid(R"(\bpid_t\b)");
  if (file.path.starts_with("harness/") && !file.path.starts_with("harness/sys/")) {
    AddMatches(file, code, pid, "a raw pid_t: use sys::Pid, which cannot be 0 or negative", found);
  }
  return found;
}

TEST(Style, EveryFileKeepsTheRules) {
  const std::string found = NotAllowed("style", OffencesOfTree(Offences));
  EXPECT_TRUE(found.empty()) << found;
}

// The text of a file that begins with its licence.
std::string Licensed(const std::string& text) { return "// SPDX-License-Identifier: MIT\n" + text; }

size_t CountOf(const std::string& text) { return Offences({"a.cc", Licensed(text)}).size(); }

TEST(Style, EachOffenceIsFound) {
  EXPECT_EQ(CountOf("// ok\nint x;\n"), 0U);
  EXPECT_EQ(CountOf("#include \"a.h\"\n"), 0U);
  EXPECT_EQ(CountOf("int x;\n"), 1U);
  EXPECT_EQ(CountOf("// ok\nclass ThingManager {};\n"), 1U);
  EXPECT_EQ(CountOf("// ok\nvoid f() { usleep(3); }\n"), 1U);
  EXPECT_EQ(CountOf("// ok\nstd::regex r(\"a\");\n"), 1U);
  EXPECT_EQ(CountOf("// ok\n" + std::string(kMostLines, '\n')), 1U);
  EXPECT_EQ(Offences({"a.cc", "// ok\nint x;\n"}).size(), 1U);  // no licence
}

TEST(Style, ARawPidAboveSysIsFound) {
  const std::string text = Licensed("// ok\nvoid Bind(pid_t thread);\nconst pid_t x = 1;\n");
  const std::vector<Offence> found = Offences({"harness/cell/a.h", text});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].line, 3);
  EXPECT_EQ(found[1].line, 4);
  EXPECT_EQ(Offences({"harness/sys/a.h", text}).size(), 0U);
  EXPECT_EQ(Offences({"conformance/runner/a.h", text}).size(), 0U);
  const std::string quoted = Licensed("// not a pid_t\nconst char* a = \"pid_t\";\n");
  EXPECT_EQ(Offences({"harness/cell/a.h", quoted}).size(), 0U);
}

// The project must be fetchable from whatever mirror its user has: no registry is named in it.
TEST(Style, NoRegistryIsNamed) {
  const re2::RE2 host(
      R"((deb|ftp|security|snapshot|archive|registry)\.(debian|npmjs|ubuntu)\.(org|com))");
  const auto offences = [&host](const SourceFile& file) {
    std::vector<Offence> found;
    AddMatches(file, file.text, host, "names a package registry", found);
    return found;
  };
  EXPECT_EQ(offences({"a.md", "from deb.debian" + std::string(".org/x\n")}).size(), 1U);
  const std::string found = NotAllowed("registry", OffencesOfTree(offences));
  EXPECT_TRUE(found.empty()) << found;
}

}  // namespace
}  // namespace procmark::lint

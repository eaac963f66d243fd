// SPDX-License-Identifier: MIT
// A suite of the conformance tests is named after its file, so that a reader of a test's name knows
// where it is: Reparent.* is in reparent_test.cc.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <cctype>

#include "lint/allowed.h"
#include "lint/code_text.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

// "ProcessLimit" of ".../process_limit_test.cc".
std::string SuiteOf(const SourceFile& file) {
  const std::string name = file.Name();
  std::string suite;
  bool begins_word = true;
  for (const char c : name.substr(0, name.rfind("_test.cc"))) {
    if (c != '_') {
      suite += begins_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    begins_word = c == '_';
  }
  return suite;
}

std::vector<Offence> Offences(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.path.starts_with("conformance/tests/") || !file.path.ends_with("_test.cc")) {
    return found;
  }
  static const re2::RE2 declaration(R"((?m)^PROMISE\(\s*(\w+),)");
  re2::StringPiece rest(file.text);
  for (std::string suite; re2::RE2::FindAndConsume(&rest, declaration, &suite);) {
    if (suite == SuiteOf(file)) continue;
    const size_t at = static_cast<size_t>(rest.data() - file.text.data());
    found.push_back({file.path, LineOf(file.text, at),
                     "the suite " + suite + " must be " + SuiteOf(file) + ", after its file"});
  }
  return found;
}

TEST(SuiteName, IsTheNameOfItsFile) {
  const std::string found = NotAllowed("suite-name", OffencesOfTree(Offences));
  EXPECT_TRUE(found.empty()) << found;
}

TEST(SuiteName, AnotherNameIsFound) {
  const std::string path = "conformance/tests/fork/process_limit_test.cc";
  EXPECT_EQ(Offences({path, "PROMISE(ProcessLimit, A, {}) {}\n"}).size(), 0U);
  EXPECT_EQ(Offences({path, "PROMISE(Limit, A, {}) {}\nPROMISE(\n    Life, B, {}) {}\n"}).size(),
            2U);
  EXPECT_EQ(Offences({"conformance/vocabulary/a_test.cc", "PROMISE(Limit, A, {}) {}\n"}).size(),
            0U);
}

}  // namespace
}  // namespace procmark::lint

// SPDX-License-Identifier: MIT
// Every PROMISE of the conformance tests has the same layout, which clang-format gives it when its
// last field ends with a comma.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include "lint/allowed.h"
#include "lint/code_text.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

std::vector<Offence> Offences(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.path.starts_with("conformance/tests/") || !file.path.ends_with("_test.cc")) {
    return found;
  }
  static const re2::RE2 declaration(R"((?m)^PROMISE\()");
  static const re2::RE2 layout(R"(\w+, \w+,\n        \{\n            \.says = ")");
  re2::StringPiece rest(file.text);
  while (re2::RE2::FindAndConsume(&rest, declaration)) {
    re2::StringPiece inside = rest;
    if (re2::RE2::Consume(&inside, layout)) continue;
    const size_t at = static_cast<size_t>(rest.data() - file.text.data());
    found.push_back({file.path, LineOf(file.text, at),
                     "begin a PROMISE with .says, end its last field with a comma, and run "
                     "clang-format"});
  }
  return found;
}

TEST(PromiseLayout, IsTheSameEverywhere) {
  const std::string found = NotAllowed("promise-layout", OffencesOfTree(Offences));
  EXPECT_TRUE(found.empty()) << found;
}

TEST(PromiseLayout, AnotherLayoutIsFound) {
  const std::string path = "conformance/tests/fork/fork_test.cc";
  EXPECT_EQ(
      Offences({path, "PROMISE(Fork, A,\n        {\n            .says = \"B.\",\n        }) {}\n"})
          .size(),
      0U);
  EXPECT_EQ(Offences({path, "PROMISE(Fork, A, {.says = \"B.\"}) {}\n"}).size(), 1U);
  EXPECT_EQ(Offences({path, "PROMISE(\n    Fork, A,\n    {\n        .says = \"B.\",\n    }) {}\n"})
                .size(),
            1U);
}

}  // namespace
}  // namespace procmark::lint

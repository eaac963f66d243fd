// SPDX-License-Identifier: MIT
// The rules of prose: the width of Markdown lines, and the phrases of phrases.txt, which a reader
// has to read twice.
#include "lint/prose.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <fstream>
#include <memory>

#include "lint/allowed.h"
#include "lint/code_text.h"
#include "lint/markdown.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

constexpr int64_t kMostColumns = 100;

std::vector<Offence> LongLines(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.path.ends_with(".md") || IsGenerated(file)) return found;
  for (const MarkdownLine& line : LinesOf(file.text)) {
    if (line.kind != MarkdownLine::Kind::kProse || ColumnsOf(line.text) <= kMostColumns) continue;
    found.push_back({file.path, line.number,
                     "has " + std::to_string(ColumnsOf(line.text)) + " columns: wrap it at " +
                         std::to_string(kMostColumns)});
  }
  return found;
}

TEST(Prose, MarkdownLinesAreNotLong) {
  const std::string found = NotAllowed("markdown-width", OffencesOfTree(LongLines));
  EXPECT_TRUE(found.empty()) << found;
}

TEST(Prose, ALongMarkdownLineIsFound) {
  const std::string at_limit(kMostColumns, 'a');
  EXPECT_EQ(LongLines({"a.md", at_limit + "\n" + at_limit + "b\n"}).size(), 1U);
  EXPECT_EQ(LongLines({"a.md", std::string("| ") + at_limit + " |\n"}).size(), 0U);
  EXPECT_EQ(LongLines({"a.md", "```\n" + at_limit + "b\n```\n"}).size(), 0U);
  EXPECT_EQ(LongLines({"a.md", "```\n```\n" + at_limit + "b\n"}).size(), 1U);
  EXPECT_EQ(LongLines({"a.md", at_limit.substr(1) + "ä\n"}).size(), 0U) << "one column, two bytes";
  EXPECT_EQ(LongLines({"a.cc", at_limit + "b\n"}).size(), 0U);
}

struct Phrase {
  std::unique_ptr<re2::RE2> pattern;
  std::string plain;  // plainer words
};

// The lines of phrases.txt: "PATTERN => PLAINER WORDS". A blank in a pattern is any white space.
std::vector<Phrase> ReadPhrases(std::istream& lines) {
  std::vector<Phrase> phrases;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t arrow = line.find(" => ");
    if (arrow == std::string::npos) throw std::runtime_error("phrases.txt: no ' => ' in " + line);
    std::string pattern = line.substr(0, arrow);
    re2::RE2::GlobalReplace(&pattern, " ", R"(\\s+)");
    auto compiled =
        std::make_unique<re2::RE2>(R"((?i)\b(?:)" + pattern + R"()\b)", re2::RE2::Quiet);
    if (!compiled->ok()) throw std::runtime_error("phrases.txt: " + compiled->error());
    phrases.push_back({std::move(compiled), line.substr(arrow + 4)});
  }
  return phrases;
}

std::vector<Offence> PhrasesIn(const SourceFile& file, const std::vector<Phrase>& phrases) {
  std::vector<Offence> found;
  const std::string prose = ProseOf(file);
  for (const Phrase& phrase : phrases) {
    re2::StringPiece match;
    for (size_t at = 0;
         phrase.pattern->Match(prose, at, prose.size(), re2::RE2::UNANCHORED, &match, 1);) {
      const auto begin = static_cast<size_t>(match.data() - prose.data());
      at = begin + match.size();
      std::string words(match);
      re2::RE2::GlobalReplace(&words, R"(\s+)", " ");
      found.push_back(
          {file.path, LineOf(prose, begin), "'" + words + "': say it plainly, " + phrase.plain});
    }
  }
  return found;
}

TEST(Prose, HasNoPhraseOfTheList) {
  std::ifstream list(ProjectRoot() / "lint" / "phrases.txt");
  const std::vector<Phrase> phrases = ReadPhrases(list);
  ASSERT_GT(phrases.size(), 10U);
  const auto offences = [&phrases](const SourceFile& file) {
    const bool is_list = file.path == "lint/phrases.txt" || file.path == "lint/prose_test.cc";
    return is_list ? std::vector<Offence>() : PhrasesIn(file, phrases);
  };
  const std::string found = NotAllowed("phrases", OffencesOfTree(offences));
  EXPECT_TRUE(found.empty()) << found;
}

TEST(Prose, APhraseIsFoundWhereverPeopleRead) {
  std::istringstream list("# why\nis to be had => e.g. \"is available\"\n");
  const std::vector<Phrase> phrases = ReadPhrases(list);
  const auto count = [&phrases](const std::string& path, const std::string& text) {
    return PhrasesIn({path, text}, phrases).size();
  };
  EXPECT_EQ(count("a.md", "It is to be had.\n"), 1U);
  EXPECT_EQ(count("a.md", "It is\nto be had, and is to be  had.\n"), 2U);
  EXPECT_EQ(count("a.cc", "// It Is to\n// be had.\nint x;\n"), 1U);
  EXPECT_EQ(count("a.cc", "f(\"it is to \"\n  \"be had\");\n"), 1U);
  EXPECT_EQ(count("a.cc", "int is_to_be_had;\n"), 0U);
  EXPECT_EQ(count("a.sh", "# it is to\n# be had\n"), 1U);
  EXPECT_EQ(count("a.toml", "x = 1  # is to be had\n"), 1U);
  EXPECT_EQ(count("a.toml", "x = \"is to be had\"\n"), 0U);
  EXPECT_EQ(count("a.json", "is to be had\n"), 0U);
  EXPECT_EQ(count("a.md", "This to be had.\n"), 0U) << "whole words only";
}

TEST(Prose, ABadListIsRefused) {
  std::istringstream no_arrow("is to be had\n");
  EXPECT_THROW(ReadPhrases(no_arrow), std::runtime_error);
  std::istringstream no_pattern("( => x\n");
  EXPECT_THROW(ReadPhrases(no_pattern), std::runtime_error);
}

}  // namespace
}  // namespace procmark::lint

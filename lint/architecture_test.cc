// SPDX-License-Identifier: MIT
// Code that differs by architecture covers all of them: a chain of #if and #elif over the
// compiler's macros names the macro of each architecture of harness/sys/arch.h and ends with
// #error. An #if that tells one architecture from all others has no #elif and may have a plain
// #else.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "lint/allowed.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

constexpr const char* kTable = "harness/sys/arch.h";

using Macros = std::set<std::string>;

// The macros between double underscores of a line: "__riscv" of "#elif defined(__riscv)".
Macros MacrosIn(const std::string& line) {
  static const re2::RE2 macro(R"(defined\(?\s*(__\w+))");
  Macros found;
  re2::StringPiece rest(line);
  for (std::string name; re2::RE2::FindAndConsume(&rest, macro, &name);) found.insert(name);
  return found;
}

// One #if with its branches, up to its #endif.
struct Chain {
  int64_t line = 0;
  Macros macros;
  bool has_elif = false;
  bool ends_with_error = false;  // its #else begins with #error
};

std::vector<Chain> ChainsIn(const SourceFile& file) {
  std::vector<Chain> chains;
  std::vector<Chain> open;
  std::istringstream lines(file.text);
  int64_t number = 0;
  bool after_else = false;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("#if")) open.push_back({.line = number, .macros = {}});
    if (!open.empty()) {
      if (line.starts_with("#if") || line.starts_with("#elif")) {
        open.back().macros.merge(MacrosIn(line));
        open.back().has_elif = open.back().has_elif || line.starts_with("#elif");
      }
      if (after_else && line.starts_with("#error")) open.back().ends_with_error = true;
      if (line.starts_with("#endif")) {
        chains.push_back(open.back());
        open.pop_back();
      }
    }
    after_else = line.starts_with("#else");
  }
  return chains;
}

// The macro of each architecture, as the table tells them apart.
Macros ArchitectureMacros() {
  for (const SourceFile& file : ReadTree(ProjectRoot())) {
    if (file.path != kTable) continue;
    for (const Chain& chain : ChainsIn(file)) {
      if (chain.has_elif) return chain.macros;
    }
  }
  throw std::runtime_error(std::string("no chain of architectures in ") + kTable);
}

std::vector<Offence> OffencesOf(const SourceFile& file, const Macros& all) {
  std::vector<Offence> found;
  if (!file.IsCode()) return found;
  for (const Chain& chain : ChainsIn(file)) {
    const auto of_architecture = [&](const std::string& macro) {
      return chain.macros.contains(macro);
    };
    if (!chain.has_elif || std::ranges::none_of(all, of_architecture)) continue;
    for (const std::string& macro : all) {
      if (!of_architecture(macro)) {
        found.push_back({file.path, chain.line, "the #if forgets the architecture of " + macro});
      }
    }
    if (!chain.ends_with_error) {
      found.push_back({file.path, chain.line, "the #if must end with #else and #error"});
    }
  }
  return found;
}

TEST(Architecture, EachChainCoversAllOfThem) {
  const Macros all = ArchitectureMacros();
  const std::string found =
      NotAllowed("architecture",
                 OffencesOfTree([&](const SourceFile& file) { return OffencesOf(file, all); }));
  EXPECT_TRUE(found.empty()) << found;
}

TEST(Architecture, AForgottenOneIsFound) {
  const Macros all = {"__a__", "__b__", "__c__"};
  const auto count = [&](const std::string& text) {
    return OffencesOf({"x.cc", text}, all).size();
  };
  const std::string two = "#if defined(__a__)\n1\n#elif defined(__b__)\n2\n";
  EXPECT_EQ(count(two + "#elif defined(__c__) && X\n3\n#else\n#error \"add\"\n#endif\n"), 0U);
  EXPECT_EQ(count(two + "#elif defined(__c__)\n3\n#endif\n"), 1U);
  EXPECT_EQ(count(two + "#else\n#error \"add\"\n#endif\n"), 1U);
  EXPECT_EQ(count(two + "#else\n3\n#endif\n"), 2U);
  EXPECT_EQ(count("#if defined(__a__)\n1\n#else\n2\n#endif\n"), 0U);
  EXPECT_EQ(count("#if defined(__x)\n1\n#elif defined(__y)\n2\n#endif\n"), 0U);
  EXPECT_EQ(count("#if X\n" + two + "#endif\n#endif\n"), 2U);
}

}  // namespace
}  // namespace procmark::lint

// SPDX-License-Identifier: MIT
// Each source file must be in a CMake list: a file that is in none is never built, and nobody sees
// when it no longer compiles.
#include <gtest/gtest.h>

#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

// True when the CMakeLists.txt of the file's folder, or of a folder above it, names the file by its
// path from there.
bool Listed(const SourceFile& file, const std::vector<SourceFile>& files) {
  for (const SourceFile& list : files) {
    if (list.Name() != "CMakeLists.txt") continue;
    const std::string folder = list.Folder().empty() ? "" : list.Folder() + "/";
    if (!file.path.starts_with(folder)) continue;
    const std::string name = file.path.substr(folder.size());
    for (size_t at = list.text.find(name); at != std::string::npos;
         at = list.text.find(name, at + 1)) {
      const auto separates = [](char c) { return c == ' ' || c == '\n' || c == ')' || c == '('; };
      const size_t end = at + name.size();
      const bool starts = at == 0 || separates(list.text[at - 1]) || list.text[at - 1] == '/';
      if (starts && (end == list.text.size() || separates(list.text[end]))) return true;
    }
  }
  return false;
}

std::vector<std::string> Unlisted(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const SourceFile& file : files) {
    const bool built = file.path.ends_with(".cc") || file.path.ends_with(".S");
    if (built && !Listed(file, files)) found.push_back(file.path);
  }
  return found;
}

TEST(Listed, EverySourceFileIsBuilt) {
  EXPECT_EQ(Unlisted(ReadTree(ProjectRoot())), std::vector<std::string>{});
}

TEST(Listed, AForgottenFileIsFound) {
  const SourceFile list{"a/CMakeLists.txt", "add_library(x b.cc sub/c.cc)\n"};
  EXPECT_EQ(Unlisted({list, {"a/b.cc", ""}, {"a/sub/c.cc", ""}}), std::vector<std::string>{});
  EXPECT_EQ(Unlisted({list, {"a/d.cc", ""}}), std::vector<std::string>{"a/d.cc"});
  EXPECT_EQ(Unlisted({list, {"a/bb.cc", ""}}), std::vector<std::string>{"a/bb.cc"});
}

}  // namespace
}  // namespace procmark::lint

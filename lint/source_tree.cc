// SPDX-License-Identifier: MIT
#include "lint/source_tree.h"

#include <re2/re2.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace procmark::lint {
namespace fs = std::filesystem;

std::string SourceFile::Folder() const { return fs::path(path).parent_path().string(); }

std::string SourceFile::Name() const { return fs::path(path).filename().string(); }

bool SourceFile::IsCode() const {
  const std::string extension = fs::path(path).extension().string();
  return extension == ".cc" || extension == ".c" || extension == ".h" || extension == ".S";
}

std::vector<std::string> SourceFile::Includes() const {
  static const re2::RE2 include(R"re((?m)^#include "([^"]+)")re");
  std::vector<std::string> included;
  re2::StringPiece rest(text);
  for (std::string one; re2::RE2::FindAndConsume(&rest, include, &one);) included.push_back(one);
  return included;
}

std::vector<SourceFile> ReadTree(const fs::path& root) {
  if (!fs::exists(root / "harness" / "sys")) {
    throw std::runtime_error(root.string() + " is not the project's root");
  }
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
       ++it) {
    const std::string path = fs::relative(it->path(), root).string();
    const bool foreign = path == ".git" || path.starts_with("build") || path == "results/runs" ||
                         path == "results/dry-run" || it->path().filename() == "node_modules";
    if (it->is_directory() && foreign) it.disable_recursion_pending();
    if (!it->is_regular_file() || foreign) continue;
    std::ostringstream text;
    text << std::ifstream(it->path()).rdbuf();
    files.push_back({path, text.str()});
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

fs::path ProjectRoot() { return PROCMARK_ROOT; }

}  // namespace procmark::lint

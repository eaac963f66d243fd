// SPDX-License-Identifier: MIT
// The files of this project as text, for the rules to read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace procmark::lint {

struct SourceFile {
  std::string path;  // relative to the root, with '/'
  std::string text;
  // The folder part of `path`: "harness/sys".
  std::string Folder() const;
  std::string Name() const;
  bool IsCode() const;  // C, C++ and assembly
  // The paths that the file includes with quotes, in its order.
  std::vector<std::string> Includes() const;
};

// Every file under `root`, sorted by path, without what is built (build*/), measured
// (results/runs/, results/dry-run/), installed (node_modules/) and git's own. Throws
// std::runtime_error when `root` is not the project's root.
std::vector<SourceFile> ReadTree(const std::filesystem::path& root);

// The project's root as CMake knows it.
std::filesystem::path ProjectRoot();

}  // namespace procmark::lint

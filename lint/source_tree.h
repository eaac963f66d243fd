// SourceTree: the files of this project as text, for the rules to be checked on.
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
  bool IsCode() const;  // .cc .c .h .S
  // The project's own files it includes, as written between the quotes.
  std::vector<std::string> Includes() const;
};

// Every file under `root` that is not built (build*/), measured (results/runs/) or git's own, in
// the order of their paths. Throws std::runtime_error when `root` is not the project's.
std::vector<SourceFile> ReadTree(const std::filesystem::path& root);

// The project's root as CMake knows it.
std::filesystem::path ProjectRoot();

}  // namespace procmark::lint

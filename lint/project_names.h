// SPDX-License-Identifier: MIT
// ProjectNames: the files, commands, options and tests that the project has, for the pages that
// name them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lint/source_tree.h"

namespace procmark::lint {

class ProjectNames {
 public:
  explicit ProjectNames(const std::vector<SourceFile>& files);

  // True when `path` is a file or folder of the project, from its root.
  bool HasPath(const std::string& path) const;
  // True when the page at `path` has a heading with this anchor.
  bool HasAnchor(const std::string& path, const std::string& anchor) const;
  // True when README.md links to the page at `path`.
  bool IsLinkedFromReadme(const std::string& path) const;
  // `target` as seen from `folder`, from the root: Join("docs", "../bench/") is "bench".
  static std::string Join(const std::string& folder, const std::string& target);

  // One sentence for each name in `code` that the project does not have. `code` is a code span, or
  // a line of a fence, of a page in `folder`. A name counts when its form says what it is: a path
  // (a source file's suffix, or a folder of the root), a command or option of ./run.sh or of our
  // programs, or a test ("Suite.Test"). Capitals stand for what a reader puts in.
  std::vector<std::string> UnknownIn(const std::string& code, const std::string& folder) const;
  // The same for a line of a comment, in which only source files count, except those of C: most
  // are the kernel's or QEMU's.
  std::vector<std::string> UnknownFilesIn(const std::string& comment,
                                          const std::string& folder) const;

 private:
  bool HasPathLike(const std::string& token, const std::string& folder) const;
  bool HasTestLike(const std::string& pattern) const;
  void CheckPath(const std::string& token, const std::string& folder,
                 std::vector<std::string>& unknown) const;
  void CheckCommand(const std::vector<std::string>& words, std::vector<std::string>& unknown) const;

  std::set<std::string> paths_;                           // files and folders
  std::set<std::string> roots_;                           // folders of the root
  std::map<std::string, std::set<std::string>> anchors_;  // of each page
  std::set<std::string> linked_from_readme_;              // paths
  std::set<std::string> commands_;                        // of ./run.sh
  std::set<std::string> options_;                         // "--axis", of any of our programs
  std::set<std::string> tests_;                           // "Wait.Once", "conformance.list"
  std::set<std::string> test_families_;                   // "conformance"
};

}  // namespace procmark::lint

// SPDX-License-Identifier: MIT
// What people read in a file of the project.
#pragma once

#include <string>

#include "lint/source_tree.h"

namespace procmark::lint {

// True for Markdown that a program wrote: the golden and the published reports.
bool IsGenerated(const SourceFile& file);

// The comments of C, C++, shell, CMake and TOML files, as long as the file, with blanks for the
// rest and for the marks of the comments; empty for other files.
std::string CommentsOf(const SourceFile& file);

// The comments, and the string literals of C and C++, in the same way; the whole of a page that
// people write.
std::string ProseOf(const SourceFile& file);

}  // namespace procmark::lint

// SPDX-License-Identifier: MIT
// What a rule of lint/ finds, and which files may still offend it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lint/source_tree.h"

namespace procmark::lint {

struct Offence {
  std::string path;
  int64_t line = 0;  // 0: the whole file
  std::string what;
};

// The offences of every file of the project.
std::vector<Offence> OffencesOfTree(
    const std::function<std::vector<Offence>(const SourceFile&)>& offences);

// A line "PATH:LINE: WHAT" for each offence whose file lint/allowed.txt does not list for `rule`,
// and a line for each of its lines that `rule` no longer needs.
std::string NotAllowed(const std::string& rule, const std::vector<Offence>& offences);

// The same with `allowed` as the text of allowed.txt.
std::string NotAllowedBy(const std::string& allowed, const std::string& rule,
                         const std::vector<Offence>& offences);

}  // namespace procmark::lint

// SPDX-License-Identifier: MIT
// GoogleTest's filter language. The runner applies it, because each of its processes runs
// GoogleTest with a single test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procmark::conformance {

// True when `name` matches `pattern`, in which '*' is any text and '?' is any one character.
bool MatchesPattern(std::string_view name, std::string_view pattern);

// "A.*:B.x-A.slow*": patterns separated by ':'. The patterns after the first '-' exclude tests.
class Filter {
 public:
  explicit Filter(std::string_view text);
  // True when a pattern selects the name and none excludes it.
  bool Matches(std::string_view name) const;
  // Like Matches, but only patterns that begin with the suite of the name select it. This is how
  // canaries are chosen: "Broken.*" selects them and "*" does not.
  bool NamesSuiteOf(std::string_view name) const;

 private:
  bool Excludes(std::string_view name) const;
  std::vector<std::string> wanted_;
  std::vector<std::string> unwanted_;
};

}  // namespace procmark::conformance

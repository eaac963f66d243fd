// GoogleTest's filter language, applied by the runner (GoogleTest itself sees one test at a time).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procmark::conformance {

// True when `name` matches a pattern of letters, '*' (any text) and '?' (one character).
bool MatchesPattern(std::string_view name, std::string_view pattern);

// "A.*:B.x-A.slow*": patterns joined by ':', those after the first '-' exclude.
class Filter {
 public:
  explicit Filter(std::string_view text);
  // True when a positive pattern matches and no negative one does.
  bool Matches(std::string_view name) const;
  // As Matches, by a positive pattern that begins with the name's own suite: the only way to run
  // a canary ("Broken.*" does, "*" does not).
  bool NamesSuiteOf(std::string_view name) const;

 private:
  bool Excludes(std::string_view name) const;
  std::vector<std::string> wanted_;
  std::vector<std::string> unwanted_;
};

}  // namespace procmark::conformance

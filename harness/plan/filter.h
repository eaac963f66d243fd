// SPDX-License-Identifier: MIT
// Filter: a regular expression that is searched for in names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace procmark::plan {

// RE2's syntax, which has no back-references and no look-around: a search takes time that is linear
// in the length of the name, whatever the pattern is.
class Filter {
 public:
  // Throws a usage Complaint with RE2's reason when `pattern` is not a regular expression. `origin`
  // begins that sentence and says where the pattern was given: "--filter".
  Filter(const std::string& pattern, std::string_view origin);
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  // True when the expression matches anywhere in `name`; the empty one matches in every name.
  bool IsFoundIn(std::string_view name) const;

 private:
  std::unique_ptr<re2::RE2> expression_;
};

}  // namespace procmark::plan

// SPDX-License-Identifier: MIT
#include "conformance/runner/filter.h"

#include <algorithm>

#include "harness/sys/text.h"

namespace procmark::conformance {
bool MatchesPattern(std::string_view name, std::string_view pattern) {
  size_t at = 0;
  size_t next = 0;
  size_t star = std::string_view::npos;
  size_t star_at = 0;
  while (at < name.size()) {
    if (next < pattern.size() && pattern[next] == '*') {
      star = next++;
      star_at = at;
    } else if (next < pattern.size() && (pattern[next] == '?' || pattern[next] == name[at])) {
      ++next;
      ++at;
    } else if (star != std::string_view::npos) {
      next = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (next < pattern.size() && pattern[next] == '*') ++next;
  return next == pattern.size();
}

Filter::Filter(std::string_view text) {
  const size_t dash = text.find('-');
  wanted_ = sys::SplitNonEmpty(text.substr(0, dash), ':');
  if (wanted_.empty()) wanted_.emplace_back("*");
  if (dash != std::string_view::npos) unwanted_ = sys::SplitNonEmpty(text.substr(dash + 1), ':');
}

bool Filter::Excludes(std::string_view name) const {
  return std::any_of(unwanted_.begin(), unwanted_.end(),
                     [&](const std::string& pattern) { return MatchesPattern(name, pattern); });
}

bool Filter::Matches(std::string_view name) const {
  return !Excludes(name) && std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& pattern) {
    return MatchesPattern(name, pattern);
  });
}

bool Filter::NamesSuiteOf(std::string_view name) const {
  const std::string_view suite = name.substr(0, name.find('.') + 1);
  return !Excludes(name) && std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& pattern) {
    return pattern.starts_with(suite) && MatchesPattern(name, pattern);
  });
}

}  // namespace procmark::conformance

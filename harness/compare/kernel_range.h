// SPDX-License-Identifier: MIT
// KernelRange: a range of kernel releases, like ">=5.10 <5.11".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::compare {

// Major, minor and patch number of a kernel release; a missing number is 0.
using KernelVersion = std::array<int64_t, 3>;

// Parses the output of uname -r: "6.1.0-44-cloud-amd64" is 6.1.0, "6.12" is 6.12.0. A release
// candidate counts as its release: "7.0-rc3" is 7.0.0. Returns nothing if the text does not begin
// with "number.number". Note that Debian's kernels up to 6.11 always have the patch number 0.
std::optional<KernelVersion> ParseKernelVersion(std::string_view release);

class KernelRange {
 public:
  // Parses conditions separated by blanks: ">=5.10 <5.11", "<6.7", "=6.1.0". A version must fulfil
  // all of them. The operators are >= > <= < =. Throws std::invalid_argument with a sentence if a
  // condition is malformed or if there is none.
  static KernelRange Parse(std::string_view text);

  bool Contains(const KernelVersion& version) const;
  const std::string& Text() const { return text_; }

 private:
  struct Condition {
    std::string operation;
    KernelVersion version{};
  };
  std::string text_;
  std::vector<Condition> conditions_;
};

}  // namespace procmark::compare

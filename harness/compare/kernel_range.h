// KernelRange: which kernel releases something holds for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::compare {

// Major, minor and patch of a kernel release; a missing number is 0.
using KernelVersion = std::array<int64_t, 3>;

// Of the text of uname -r: "6.1.0-44-cloud-amd64" is 6.1.0, "6.12" is 6.12.0, "7.0-rc3" is 7.0.0
// (a candidate counts as the release it leads to). Empty when the text does not begin with
// "number.number". Mind that Debian's release names stay at x.y.0 for up to 6.11.
std::optional<KernelVersion> ParseKernelVersion(std::string_view release);

class KernelRange {
 public:
  // Conditions separated by blanks, all of which must hold: ">=5.10 <5.11", "<6.7", "=6.1.0".
  // Operators: >= > <= < =. Throws std::invalid_argument with a sentence when a condition is
  // malformed or there is none.
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

// SPDX-License-Identifier: MIT
// Tail: the last bytes of a stream that may be endless.
#pragma once

#include <string>
#include <string_view>

namespace procmark::cell {

class Tail {
 public:
  explicit Tail(size_t most_bytes) : most_bytes_(most_bytes) {}

  void Add(std::string_view bytes) {
    text_.append(bytes);
    if (text_.size() > 2 * most_bytes_) text_.erase(0, text_.size() - most_bytes_);
  }

  // At most `most_bytes`, from the start of a line where one starts in it, without final newlines.
  std::string Text() const {
    std::string text = text_;
    if (text.size() > most_bytes_) {
      text.erase(0, text.size() - most_bytes_);
      const size_t newline = text.find('\n');
      if (newline != std::string::npos) text.erase(0, newline + 1);
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
  }

 private:
  size_t most_bytes_;
  std::string text_;
};

}  // namespace procmark::cell

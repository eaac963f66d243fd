// SPDX-License-Identifier: MIT
// Text in a fixed array, without a C library and without allocation.
#pragma once

#include <stdint.h>

namespace procmark::subject {

// Appends to the `room` bytes at `text`. The text is always terminated; what does not fit is cut
// off.
class Text {
 public:
  Text(char* text, uint32_t room) : text_(text), room_(room) { text_[0] = '\0'; }

  Text& Add(const char* more) {
    while (*more != '\0' && used_ + 1 < room_) text_[used_++] = *more++;
    text_[used_] = '\0';
    return *this;
  }
  Text& Add(int64_t number) {
    char digits[24];
    int at = 23;
    digits[at] = '\0';
    uint64_t left = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    do {
      digits[--at] = static_cast<char>('0' + left % 10);
      left /= 10;
    } while (left != 0);
    if (number < 0) digits[--at] = '-';
    return Add(digits + at);
  }
  uint32_t Size() const { return used_; }

 private:
  char* text_;
  uint32_t room_;
  uint32_t used_ = 0;
};

inline bool SameText(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

}  // namespace procmark::subject

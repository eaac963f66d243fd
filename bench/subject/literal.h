// SPDX-License-Identifier: MIT
// Text composed at compile time, for the names and sentences of benchmarks.
#pragma once

namespace procmark::subject {

// A text as a template argument.
template <unsigned long kSize>
struct Literal {
  char text[kSize] = {};

  constexpr Literal() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a string literal becomes a template argument.
  constexpr Literal(const char (&literal)[kSize]) {
    for (unsigned long i = 0; i < kSize; ++i) text[i] = literal[i];
  }
  static constexpr unsigned long Length() { return kSize - 1; }
};

namespace internal {

template <Literal... kParts>
consteval auto JoinParts() {
  Literal<(kParts.Length() + ... + 1)> whole;
  char* at = whole.text;
  const auto append = [&at](const char* part, unsigned long length) {
    for (unsigned long i = 0; i < length; ++i) *at++ = part[i];
  };
  (append(kParts.text, kParts.Length()), ...);
  return whole;
}

}  // namespace internal

// kJoined<"clone3/flags:", "files", "/to:reaped"> is the one Literal of its parts, and Join<> of
// the same is its terminated text.
template <Literal... kParts>
inline constexpr auto kJoined = internal::JoinParts<kParts...>();
template <Literal... kParts>
inline constexpr const char* Join = kJoined<kParts...>.text;

}  // namespace procmark::subject

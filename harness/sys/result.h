// SPDX-License-Identifier: MIT
// Error and Result<T>: how a failed system call is reported without allocation, so that the same
// code works in a harness, in a test and between fork and exec.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace procmark::sys {

// A system call that failed. Holds no memory of its own: `operation` points at a string literal.
struct [[nodiscard]] Error {
  const char* operation = "";
  int error_number = 0;

  // "clone3: Invalid argument (22)". Allocates; not async-signal-safe.
  std::string Text() const;
};

// Either a value or the Error that prevented it. Accessing the wrong side aborts the process.
// Async-signal-safe when T is.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, error) {}         // NOLINT

  bool Ok() const { return state_.index() == 0; }
  explicit operator bool() const { return Ok(); }

  T& Value() & { return Checked(std::get_if<0>(&state_)); }
  const T& Value() const& { return Checked(std::get_if<0>(&state_)); }
  T&& Value() && { return std::move(Checked(std::get_if<0>(&state_))); }
  const Error& Failure() const { return Checked(std::get_if<1>(&state_)); }

 private:
  template <typename U>
  static U& Checked(U* pointer) {
    if (pointer == nullptr) __builtin_trap();
    return *pointer;
  }
  std::variant<T, Error> state_;
};

// A Result without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error), ok_(false) {}  // NOLINT

  bool Ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& Failure() const {
    if (ok_) __builtin_trap();
    return error_;
  }

 private:
  Error error_{};
  bool ok_ = true;
};

// The Error of the call that has just set errno.
Error LastError(const char* operation);

}  // namespace procmark::sys

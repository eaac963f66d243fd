// SPDX-License-Identifier: MIT
// Assertions about system calls: they name errno, as in "failed with EINVAL (Invalid argument)".
//
//   EXPECT_SYSCALL_FAILS(::setpgid(child, 0), EACCES) << "the child has called execve";
//   EXPECT_SYSCALL_SUCCEEDS(::setpgid(child, 0));
//   EXPECT_ERRNO(Clone3Error(arguments), EINVAL);   // for a function that returns an errno, or 0
//
// A call is an expression of one of these types: an integer that is -1 on failure, with errno set;
// Waited or WaitedId (observe.h); sys::Fd; sys::Result<void>. The ASSERT_ forms end the test. In a
// child use the CHILD_EXPECT_ forms (child_checks.h).
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <string>

#include "conformance/vocabulary/observe.h"
#include "harness/sys/fd.h"
#include "harness/sys/result.h"

namespace procmark::conformance {

// "EINVAL (Invalid argument)"; "0 (success)"; "errno 4095" for a number without a name.
std::string ErrnoText(int error_number);

// What a system call returned.
struct CallResult {
  int64_t value = 0;  // -1 on failure
  int error = 0;      // errno on failure, else 0
};

// Each reads errno before anything else. Async-signal-safe.
inline CallResult ResultOf(std::integral auto value) {
  return {static_cast<int64_t>(value), value == static_cast<decltype(value)>(-1) ? errno : 0};
}
inline CallResult ResultOf(const sys::Fd& fd) { return ResultOf(fd.Get()); }
inline CallResult ResultOf(const Waited& waited) { return {waited.pid, waited.error}; }
inline CallResult ResultOf(const WaitedId& waited) { return {waited.result, waited.error}; }
inline CallResult ResultOf(const sys::Result<void>& result) {
  if (result.Ok()) return {};
  return {-1, result.Failure().error_number};
}

namespace internal {
// GoogleTest calls these with the texts of the arguments, in which macros are expanded; `source` is
// the text as the test's author wrote it.
struct MustFail {
  const char* source;
  testing::AssertionResult operator()(const char*, const char*, const CallResult& result,
                                      int error_number) const;
};
struct MustSucceed {
  const char* source;
  testing::AssertionResult operator()(const char*, const CallResult& result) const;
};
struct ErrnoMustBe {
  const char* source;
  testing::AssertionResult operator()(const char*, const char*, int observed, int expected) const;
};
}  // namespace internal

}  // namespace procmark::conformance

#define EXPECT_SYSCALL_FAILS(call, error_number)                          \
  EXPECT_PRED_FORMAT2(::procmark::conformance::internal::MustFail{#call}, \
                      ::procmark::conformance::ResultOf(call), error_number)
#define ASSERT_SYSCALL_FAILS(call, error_number)                          \
  ASSERT_PRED_FORMAT2(::procmark::conformance::internal::MustFail{#call}, \
                      ::procmark::conformance::ResultOf(call), error_number)
#define EXPECT_SYSCALL_SUCCEEDS(call)                                        \
  EXPECT_PRED_FORMAT1(::procmark::conformance::internal::MustSucceed{#call}, \
                      ::procmark::conformance::ResultOf(call))
#define ASSERT_SYSCALL_SUCCEEDS(call)                                        \
  ASSERT_PRED_FORMAT1(::procmark::conformance::internal::MustSucceed{#call}, \
                      ::procmark::conformance::ResultOf(call))
#define EXPECT_ERRNO(expression, expected)                                                     \
  EXPECT_PRED_FORMAT2(::procmark::conformance::internal::ErrnoMustBe{#expression}, expression, \
                      expected)
#define ASSERT_ERRNO(expression, expected)                                                     \
  ASSERT_PRED_FORMAT2(::procmark::conformance::internal::ErrnoMustBe{#expression}, expression, \
                      expected)

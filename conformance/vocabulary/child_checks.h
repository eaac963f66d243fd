// SPDX-License-Identifier: MIT
// ChildChecks: assertions for any process or thread of a test, whether it was forked, vforked or
// cloned, and for orphans. GoogleTest's own macros work in the test's process only.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {

// One check that a child made. The texts are string literals: they are valid in every forked
// process.
struct ChildCheck {
  enum class Kind { kValue, kErrno };
  std::atomic<bool> complete;  // written last
  const char* file;
  int line;
  const char* what;
  Kind kind;
  int64_t observed;
  int64_t expected;
  pid_t pid;
};

// A child calls CHILD_EXPECT_EQ(checks, observed, expected) or another macro below. The destructor
// (or Verify), in the process that made the object, turns every mismatch into a failure. It also
// fails when the number of checks made is not the number declared, so that a child that ends before
// its check cannot pass. All children together may make at most 200 checks.
class ChildChecks {
 public:
  explicit ChildChecks(int expected_checks);
  ~ChildChecks();
  ChildChecks(const ChildChecks&) = delete;
  ChildChecks& operator=(const ChildChecks&) = delete;

  // Records one check. Returns observed == expected. Async-signal-safe; several processes may call
  // it at once.
  bool Report(const char* file, int line, const char* what, ChildCheck::Kind kind, int64_t observed,
              int64_t expected) const;

  // Turns the checks into failures, once. Call it when all children that report have ended.
  void Verify();

  // The checks made so far. Async-signal-safe.
  int Count() const { return page_->next.load(); }

 private:
  static constexpr int kMost = 200;
  struct Page {
    std::atomic<int> next;
    std::array<ChildCheck, kMost> checks;
  };
  Shared<Page> page_;
  int expected_;
  bool verified_ = false;
  pid_t owner_;
};

}  // namespace procmark::conformance

#define PROCMARK_CHILD_CHECK(checks, what, kind, observed, expected)                         \
  (checks).Report(__FILE__, __LINE__, what, ::procmark::conformance::ChildCheck::Kind::kind, \
                  static_cast<int64_t>(observed), static_cast<int64_t>(expected))

// Each yields true when the check holds. Values are integral: pids, flags, counts, bools.
#define CHILD_EXPECT_EQ(checks, observed, expected) \
  PROCMARK_CHILD_CHECK(checks, #observed, kValue, observed, expected)
#define CHILD_EXPECT_TRUE(checks, condition) \
  PROCMARK_CHILD_CHECK(checks, #condition, kValue, (condition) ? 1 : 0, 1)
// For a call as in syscall_result.h.
#define CHILD_EXPECT_SYSCALL_FAILS(checks, call, error_number)                               \
  PROCMARK_CHILD_CHECK(checks, #call, kErrno, ::procmark::conformance::ResultOf(call).error, \
                       error_number)
#define CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, call) \
  PROCMARK_CHILD_CHECK(checks, #call, kErrno, ::procmark::conformance::ResultOf(call).error, 0)
// For a function that returns an errno, or 0.
#define CHILD_EXPECT_ERRNO(checks, expression, expected) \
  PROCMARK_CHILD_CHECK(checks, #expression, kErrno, expression, expected)

// ChildChecks: assertions that any process or thread of a test may make: forked, vforked, cloned,
// orphaned. GoogleTest's own macros work only in the test's process.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {

// One value that a child saw. The texts are string literals: valid in every forked process.
struct ChildCheck {
  std::atomic<bool> complete;  // written last
  const char* file;
  int line;
  const char* what;
  int64_t expected;
  int64_t observed;
  pid_t pid;
};

// A child calls CHILD_EXPECT_EQ(checks, expected, observed); the destructor (or Verify), in the
// process that made the object, turns every mismatch into a failure, and fails too when the number
// of checks made is not the number declared: a child that never came to its check cannot pass.
class ChildChecks {
 public:
  explicit ChildChecks(int expected_checks);
  ~ChildChecks();
  ChildChecks(const ChildChecks&) = delete;
  ChildChecks& operator=(const ChildChecks&) = delete;

  // Async-signal-safe, and safe from several processes at once. Returns expected == observed.
  bool Report(const char* file, int line, const char* what, int64_t expected,
              int64_t observed) const;

  // Turns the checks into failures, once. Call it when all children that report have ended.
  void Verify();

  // Checks made so far. Async-signal-safe.
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

// Integral values (errno numbers, pids, flags, bools). Yields true when they are equal.
#define CHILD_EXPECT_EQ(checks, expected, observed)                              \
  (checks).Report(__FILE__, __LINE__, #observed, static_cast<int64_t>(expected), \
                  static_cast<int64_t>(observed))
#define CHILD_EXPECT_TRUE(checks, condition) \
  (checks).Report(__FILE__, __LINE__, #condition, 1, (condition) ? 1 : 0)

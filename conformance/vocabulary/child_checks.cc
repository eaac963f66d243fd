// SPDX-License-Identifier: MIT
// Records in a shared page, which the test's process turns into failures.
#include "conformance/vocabulary/child_checks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace procmark::conformance {
namespace {

std::string ValueText(ChildCheck::Kind kind, int64_t value) {
  return kind == ChildCheck::Kind::kErrno ? ErrnoText(static_cast<int>(value))
                                          : std::to_string(value);
}

}  // namespace

ChildChecks::ChildChecks(int expected_checks) : expected_(expected_checks), owner_(::getpid()) {}

ChildChecks::~ChildChecks() {
  if (::getpid() == owner_) Verify();
}

bool ChildChecks::Report(const char* file, int line, const char* what, ChildCheck::Kind kind,
                         int64_t observed, int64_t expected) const {
  const int slot = page_->next.fetch_add(1);
  if (slot < kMost) {
    ChildCheck& check = page_->checks[static_cast<size_t>(slot)];
    check.file = file;
    check.line = line;
    check.what = what;
    check.kind = kind;
    check.observed = observed;
    check.expected = expected;
    check.pid = ::getpid();
    check.complete.store(true, std::memory_order_release);
  }
  return observed == expected;
}

void ChildChecks::Verify() {
  if (verified_) return;
  verified_ = true;
  const int made = Count();
  for (int i = 0; i < made && i < kMost; ++i) {
    const ChildCheck& check = page_->checks[static_cast<size_t>(i)];
    if (!check.complete.load(std::memory_order_acquire)) {
      ADD_FAILURE() << "a child died while it reported its check " << i;
    } else if (check.observed != check.expected) {
      ADD_FAILURE_AT(check.file, check.line)
          << "in child " << check.pid << ": " << check.what
          << "\n  expected: " << ValueText(check.kind, check.expected)
          << "\n  observed: " << ValueText(check.kind, check.observed);
    }
  }
  if (made > kMost) ADD_FAILURE() << "only the first " << kMost << " checks were recorded";
  if (made != expected_) {
    ADD_FAILURE() << "children made " << made << " checks, the test declares " << expected_;
  }
}

}  // namespace procmark::conformance

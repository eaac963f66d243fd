// Records in a shared page, turned into failures by the test's process.
#include "conformance/vocabulary/child_checks.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace procmark::conformance {

ChildChecks::ChildChecks(int expected_checks) : expected_(expected_checks), owner_(::getpid()) {}

ChildChecks::~ChildChecks() {
  if (::getpid() == owner_) Verify();
}

bool ChildChecks::Report(const char* file, int line, const char* what, int64_t expected,
                         int64_t observed) const {
  const int slot = page_->next.fetch_add(1);
  if (slot < kMost) {
    ChildCheck& check = page_->checks[static_cast<size_t>(slot)];
    check.file = file;
    check.line = line;
    check.what = what;
    check.expected = expected;
    check.observed = observed;
    check.pid = ::getpid();
    check.complete.store(true, std::memory_order_release);
  }
  return expected == observed;
}

void ChildChecks::Verify() {
  if (verified_) return;
  verified_ = true;
  const int made = Count();
  for (int i = 0; i < made && i < kMost; ++i) {
    const ChildCheck& check = page_->checks[static_cast<size_t>(i)];
    if (!check.complete.load(std::memory_order_acquire)) {
      ADD_FAILURE() << "a child died while it reported its check " << i;
    } else if (check.expected != check.observed) {
      ADD_FAILURE_AT(check.file, check.line)
          << "in child " << check.pid << ": " << check.what << "\n  expected: " << check.expected
          << "\n  observed: " << check.observed;
    }
  }
  if (made != expected_) {
    ADD_FAILURE() << "children made " << made << " checks, the test declares " << expected_;
  }
}

}  // namespace procmark::conformance

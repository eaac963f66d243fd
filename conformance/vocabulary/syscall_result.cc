// SPDX-License-Identifier: MIT
// The texts of assertions about system calls.
#include "conformance/vocabulary/syscall_result.h"

#include <cstring>

namespace procmark::conformance {
namespace {

std::string Outcome(const CallResult& result) {
  if (result.error != 0) return "it failed with " + ErrnoText(result.error);
  return "it returned " + std::to_string(result.value);
}

}  // namespace

std::string ErrnoText(int error_number) {
  if (error_number == 0) return "0 (success)";
  const char* name = ::strerrorname_np(error_number);
  if (name == nullptr) return "errno " + std::to_string(error_number);
  return std::string(name) + " (" + ::strerrordesc_np(error_number) + ")";
}

namespace internal {

testing::AssertionResult MustFail::operator()(const char*, const char*, const CallResult& result,
                                              int error_number) const {
  if (result.value == -1 && result.error == error_number) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << source << "\n  must fail with " << ErrnoText(error_number) << "\n  " << Outcome(result);
}

testing::AssertionResult MustSucceed::operator()(const char*, const CallResult& result) const {
  if (result.value != -1) return testing::AssertionSuccess();
  return testing::AssertionFailure() << source << "\n  must succeed\n  " << Outcome(result);
}

testing::AssertionResult ErrnoMustBe::operator()(const char*, const char*, int observed,
                                                 int expected) const {
  if (observed == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << source << "\n  must be " << ErrnoText(expected) << "\n  it is " << ErrnoText(observed);
}

}  // namespace internal

}  // namespace procmark::conformance

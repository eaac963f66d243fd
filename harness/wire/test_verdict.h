// SPDX-License-Identifier: MIT
// How a conformance test ended. Words for people and for the wire are in one table each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/sys/enum_names.h"

namespace procmark::wire {

enum class TestVerdict {
  kPass,
  kFail,     // an assertion failed, or the test left something behind
  kSkip,     // it cannot run here
  kTimeout,  // it did not end by its deadline
  kCrash,    // its process, or the kernel under it, died
  // The harness's own, never on the wire: the test failed (passed) where a failure is expected.
  kXfail,
  kXpass,
};

inline constexpr auto kTestVerdicts =
    sys::MakeEnumNames<TestVerdict>({{TestVerdict::kPass, "pass"},
                                     {TestVerdict::kFail, "fail"},
                                     {TestVerdict::kSkip, "skip"},
                                     {TestVerdict::kTimeout, "timeout"},
                                     {TestVerdict::kCrash, "crash"},
                                     {TestVerdict::kXfail, "xfail"},
                                     {TestVerdict::kXpass, "xpass"}});

// Why a test failed.
enum class FailCause {
  kNone,  // it did not fail, or nobody knows
  kAssertion,
  kLeak,  // it left a process, a file or another object behind
};

inline constexpr auto kFailCauses = sys::MakeEnumNames<FailCause>(
    {{FailCause::kNone, ""}, {FailCause::kAssertion, "assertion"}, {FailCause::kLeak, "leak"}});

constexpr const char* TestVerdictName(TestVerdict verdict) { return kTestVerdicts.NameOf(verdict); }
// `none` where there is no verdict.
constexpr const char* TestVerdictName(std::optional<TestVerdict> verdict, const char* none) {
  return verdict ? TestVerdictName(*verdict) : none;
}
constexpr const char* FailCauseName(FailCause cause) { return kFailCauses.NameOf(cause); }

}  // namespace procmark::wire

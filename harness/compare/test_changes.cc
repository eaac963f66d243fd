// SPDX-License-Identifier: MIT
#include "harness/compare/test_changes.h"

#include <algorithm>
#include <array>
#include <map>

namespace procmark::compare {
namespace {

using wire::TestVerdict;

// From the best to the worst.
constexpr std::array kBySeverity = {TestVerdict::kPass,  TestVerdict::kSkip, TestVerdict::kXpass,
                                    TestVerdict::kXfail, TestVerdict::kFail, TestVerdict::kTimeout,
                                    TestVerdict::kCrash};

size_t Severity(TestVerdict verdict) {
  const auto found = std::find(kBySeverity.begin(), kBySeverity.end(), verdict);
  return static_cast<size_t>(found - kBySeverity.begin());
}

struct Worst {
  TestVerdict verdict = TestVerdict::kPass;
  std::string reason;
};

std::map<std::string, Worst> WorstByTest(const std::vector<FinalTest>& tests,
                                         const std::string& cell) {
  std::map<std::string, Worst> worst;
  for (const FinalTest& test : tests) {
    if (test.cell != cell) continue;
    const auto [at, is_new] = worst.try_emplace(test.test, Worst{test.verdict, test.reason});
    if (!is_new && Severity(test.verdict) > Severity(at->second.verdict)) {
      at->second = {test.verdict, test.reason};
    }
  }
  return worst;
}

TestChange::Kind KindOf(TestVerdict a, TestVerdict b) {
  if (IsGood(a) && IsBad(b)) return TestChange::Kind::kRegressed;
  if (IsBad(a) && IsGood(b)) return TestChange::Kind::kFixed;
  return TestChange::Kind::kChanged;
}

}  // namespace

bool IsBad(TestVerdict verdict) {
  return verdict == TestVerdict::kFail || verdict == TestVerdict::kTimeout ||
         verdict == TestVerdict::kCrash;
}

bool IsGood(TestVerdict verdict) {
  return verdict == TestVerdict::kPass || verdict == TestVerdict::kXpass;
}

void AddTestChanges(const Side& a, const Side& b, const Expectations& expectations,
                    Comparison& comparison) {
  const auto tests_a = WorstByTest(ApplyExpectations(*a.run, expectations).tests, a.cell);
  const auto tests_b = WorstByTest(ApplyExpectations(*b.run, expectations).tests, b.cell);
  for (const auto& [name, side_b] : tests_b) {
    const auto found = tests_a.find(name);
    if (found == tests_a.end()) {
      // A side without any test was not asked to run tests, so its tests are not compared.
      if (!tests_a.empty()) {
        comparison.tests.push_back(
            {name, TestChange::Kind::kOnlyInB, std::nullopt, side_b.verdict, side_b.reason});
      }
    } else if (found->second.verdict == side_b.verdict) {
      ++comparison.tests_equal;
    } else {
      comparison.tests.push_back({name, KindOf(found->second.verdict, side_b.verdict),
                                  found->second.verdict, side_b.verdict, side_b.reason});
    }
  }
  for (const auto& [name, side_a] : tests_a) {
    if (tests_b.contains(name) || tests_b.empty()) continue;
    comparison.tests.push_back(
        {name, TestChange::Kind::kOnlyInA, side_a.verdict, std::nullopt, side_a.reason});
    comparison.warnings.push_back({name, "side a ran this test, but side b did not"});
  }
  if (tests_a.empty() != tests_b.empty()) {
    comparison.warnings.push_back({"", tests_a.empty()
                                           ? "side a ran no tests, so no tests are compared"
                                           : "side b ran no tests, so no tests are compared"});
  }
}

}  // namespace procmark::compare

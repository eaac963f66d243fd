// SPDX-License-Identifier: MIT
// Judges the verdicts of the tests on this machine by the known deviations of its kernel.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/ctest/verdicts.h"
#include "harness/compare/expectations.h"

namespace procmark::conformance {

struct MachineJudgement {
  size_t passed = 0;
  size_t known_failures = 0;
  std::vector<std::string> skips;  // "TEST: REASON"
  // One sentence for each test that failed, timed out or crashed and is not expected to, that
  // passed although it is expected to fail, or that was skipped without a reason.
  std::vector<std::string> faults;
};

// `release` is that of `uname -r`. The expectations apply as they do in the cell "native".
MachineJudgement JudgeThisMachine(const Verdicts& verdicts, const std::string& release,
                                  const compare::Expectations& expectations);

}  // namespace procmark::conformance

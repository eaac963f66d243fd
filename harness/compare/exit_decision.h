// SPDX-License-Identifier: MIT
// Decides the exit code of a command.
#pragma once

#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/expectations.h"
#include "harness/compare/self_check.h"
#include "harness/store/run.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {

// Counts of everything that may decide the exit code.
struct Findings {
  int64_t failures = 0;     // tests: fail, timeout, crash; losses: crash, timeout
  int64_t regressions = 0;  // benchmarks and tests
  // Losses of kind lost, benchmarks that are not deterministic, bad canaries, an incomplete record.
  int64_t lost = 0;
  int64_t refused = 0;            // benchmarks that refused their own numbers
  int64_t inconclusive = 0;       // benchmarks
  int64_t unexpected_passes = 0;  // tests: xpass; shown, but never an error
};

// `tests` are the final verdicts of the run's tests.
Findings CountFindings(const store::Run& run, const std::vector<FinalTest>& tests,
                       const std::vector<Comparison>& comparisons,
                       const std::vector<SelfCheckResult>& self_checks);

// The first that applies: 1 for a regression or a failure (even if something else was lost), 3 if
// something was lost or refused, 4 for an inconclusive benchmark if `fail_on_inconclusive`, else 0.
// An interrupted command ends earlier, with 130.
sys::ExitCode DecideExit(const Findings& findings, bool fail_on_inconclusive);

}  // namespace procmark::compare

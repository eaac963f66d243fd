// The exit code of a command, decided from what was found.
#pragma once

#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/expectations.h"
#include "harness/compare/self_check.h"
#include "harness/store/run.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {

// What a command came to. Counts; all zero is fine.
struct Findings {
  int64_t failures = 0;     // tests: fail, timeout, crash (not xfail); losses: crash, timeout
  int64_t regressions = 0;  // benchmarks and tests that regressed
  // Losses of kind lost, results that were not deterministic, bad canaries, a record that was cut
  // short.
  int64_t lost = 0;
  int64_t refused = 0;            // benchmarks that refused their own numbers
  int64_t inconclusive = 0;       // benchmarks
  int64_t unexpected_passes = 0;  // tests: xpass; shown, never an error
};

// Counts what a run, its tests' final verdicts, its comparisons and its self-checks found.
Findings CountFindings(const store::Run& run, const std::vector<FinalTest>& tests,
                       const std::vector<Comparison>& comparisons,
                       const std::vector<SelfCheckResult>& self_checks);

// An interrupted command ends before (130). In this order: 1 a regression or a failure (it stays
// one, whatever else was lost); 3 something was lost or refused; 4 inconclusive, only when asked
// for; 0.
sys::ExitCode DecideExit(const Findings& findings, bool fail_on_inconclusive);

}  // namespace procmark::compare

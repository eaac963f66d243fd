// SPDX-License-Identifier: MIT
// TestMatrix: the verdict of each test in each cell, the most urgent tests first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/report/report.h"

namespace procmark::report {

struct MatrixRow {
  std::string test;
  // One for each cell; empty if the test did not run there.
  std::vector<std::optional<wire::TestVerdict>> verdicts;
  // True if two cells gave different verdicts.
  bool differs = false;
};

struct TestMatrix {
  std::vector<std::string> cells;  // in the order of the run
  // First failures, timeouts and crashes; then unexpected passes, expected failures, other
  // differences between cells, skips, and last the tests that passed. Equal ones by name.
  std::vector<MatrixRow> rows;

  // The rows that differ, in the same order.
  std::vector<MatrixRow> Differing() const;
};

TestMatrix MakeTestMatrix(const Report& report);

}  // namespace procmark::report

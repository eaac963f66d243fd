// TestMatrix: tests by cells, what deserves a look first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/report/report.h"

namespace procmark::report {

struct MatrixRow {
  std::string test;
  // One for each cell; none where the test did not run.
  std::vector<std::optional<wire::TestVerdict>> verdicts;
  // True when two cells that ran it gave different verdicts.
  bool differs = false;
};

struct TestMatrix {
  std::vector<std::string> cells;  // in the run's order
  // Failures, timeouts and crashes first; then unexpected passes; then expected failures; then
  // other differences between cells; then skips; then all that passed. By name among equals.
  std::vector<MatrixRow> rows;

  // The rows that differ, in the same order. Empty with fewer than two cells.
  std::vector<MatrixRow> Differing() const;
};

TestMatrix MakeTestMatrix(const Report& report);

}  // namespace procmark::report

// SPDX-License-Identifier: MIT
// Side: one of the two sides of a comparison.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "harness/store/run.h"

namespace procmark::compare {

// One cell of a run, or some rounds of it.
struct Side {
  const store::Run* run = nullptr;  // not owned; must outlive the Side
  std::string cell;
  // The rounds to use, both ends included. A confirmation only uses fresh rounds.
  int64_t first_round = 0;
  int64_t last_round = std::numeric_limits<int64_t>::max();
};

// Returns the cell with that name. Throws sys::Complaint (usage) with the names of the run's cells
// if there is none.
const store::Cell& FindCell(const store::Run& run, const std::string& cell);

// True if both sides belong to one run. Only then may their slices be paired: a pair must be two
// neighbours in time on one machine.
bool SameRun(const Side& a, const Side& b);

}  // namespace procmark::compare

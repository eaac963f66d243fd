// SPDX-License-Identifier: MIT
// The slices of one side, by benchmark, and what one operation costs in them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/compare/side.h"
#include "harness/store/run.h"

namespace procmark::compare {

// The slices of one benchmark in one cell, ordered by round, then by sequence. Not owned.
using SliceList = std::vector<const store::Slice*>;

struct SideSlices {
  std::vector<std::string> order;  // names of the benchmarks, sorted
  std::map<std::string, SliceList> of;
};
SideSlices SlicesOf(const Side& side);

// Returns the cost of one operation: the q25 (type 7) of the slice, divided by its operations.
double SliceQ25(const store::Slice& slice);

// Returns the cost of one operation from all samples of the slices: a sample that was observed, at
// the lower quartile. The exact clock is judged by this number.
double ExactCost(const SliceList& slices);

}  // namespace procmark::compare

// The slices of one side, by benchmark, and their pairing. Internal to compare.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/compare.h"
#include "harness/store/run.h"

namespace procmark::compare {

// The cell of that name. Throws sys::Complaint (usage) naming the cells that the run has.
const store::Cell& FindCell(const store::Run& run, const std::string& cell);

// The slices of one benchmark in one cell, in order of (round, sequence).
using SliceList = std::vector<const store::Slice*>;

// Benchmark names in their alphabetical order, with their slices.
struct SideSlices {
  std::vector<std::string> order;
  std::map<std::string, SliceList> of;
};
SideSlices SlicesOf(const Side& side);

// A slice's q25 (type 7), divided by its operations: the cost of one operation.
double SliceQ25(const store::Slice& slice);

// q25 of all samples of these slices, for one operation: what the exact clock is judged by.
double ExactCost(const SliceList& slices);

// Whether two sides are of one run: only then may their slices be paired, because a pair is two
// neighbours in time on one machine, not merely two slices of one round.
bool SameRun(const Side& a, const Side& b);

// One pair: the i-th slice of a round on either side.
struct Pair {
  const store::Slice* a = nullptr;
  const store::Slice* b = nullptr;
};

struct Pairing {
  std::vector<Pair> pairs;
  size_t unpaired = 0;  // slices whose round has no partner left for them
  // False when a pair's slices are further apart in time than the next pair's are from either:
  // such sides ran one after the other, and pairing them would hide the time between.
  bool interleaved = true;
};
Pairing PairByRound(const SliceList& a, const SliceList& b);

}  // namespace procmark::compare

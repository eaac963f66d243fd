// SPDX-License-Identifier: MIT
// Pairs the slices of two sides that were measured next to each other. Internal to compare.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/compare/slices.h"

namespace procmark::compare {

// The i-th slice of a round on each side.
struct Pair {
  const store::Slice* a = nullptr;
  const store::Slice* b = nullptr;
};

struct Pairing {
  std::vector<Pair> pairs;
  size_t unpaired = 0;  // slices without a partner in their round
  // False if the rounds overlap in time: then one side ran after the other, and the difference
  // between two times of day would be mistaken for a difference between the sides.
  bool interleaved = true;
};

// Both lists must be ordered as SlicesOf() orders them.
Pairing PairByRound(const SliceList& a, const SliceList& b);

}  // namespace procmark::compare

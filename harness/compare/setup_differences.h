// What differs between two sides besides their numbers. Internal to compare.
#pragma once

#include <vector>

#include "harness/compare/compare.h"

namespace procmark::compare {

// Appends every key of inputs, environment, host environment (two runs only) and kernel
// configuration whose value differs or is on one side only, in that order and then by key.
void AddDifferences(const Side& a, const store::Cell& cell_a, const Side& b,
                    const store::Cell& cell_b, std::vector<Difference>& differences);

}  // namespace procmark::compare

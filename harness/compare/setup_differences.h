// SPDX-License-Identifier: MIT
// How the setup of two sides differs: inputs, environment, host, kernel options. Internal to
// compare.
#pragma once

#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/side.h"

namespace procmark::compare {

// Appends each key whose value differs or that only one side has: first inputs, then the
// environment, then the host (if the sides are two runs), then the kernel configuration; each
// sorted by key.
void AddSetupDifferences(const Side& a, const store::Cell& cell_a, const Side& b,
                         const store::Cell& cell_b, std::vector<SetupDifference>& differences);

}  // namespace procmark::compare

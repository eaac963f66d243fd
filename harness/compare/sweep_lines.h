// SPDX-License-Identifier: MIT
// Fits straight lines to the points of a sweep on one side. Internal to compare.
#pragma once

#include <map>
#include <vector>

#include "harness/compare/slices.h"
#include "harness/compare/sweep.h"
#include "harness/stats/line.h"

namespace procmark::compare {

// The costs of one round and the line through them. The points are in the order of the sweep.
struct RoundLine {
  std::vector<stats::Point> points;
  stats::Line line;
};
// By round. The exact clock has one entry, with the costs of all samples.
using RoundLines = std::map<int64_t, RoundLine>;

// Removes the points that this side did not measure, or that it measured in less than half as many
// rounds as the others.
void KeepMeasured(const SideSlices& side, Sweep& sweep);

// Fits a line for each round that has all points of the sweep. The side must have measured every
// point. Returns nothing if fewer than three points are left.
RoundLines FitLines(const SideSlices& side, const Sweep& sweep, store::Clock clock);

std::vector<double> SlopesOf(const RoundLines& rounds);
std::vector<double> InterceptsOf(const RoundLines& rounds);

// Returns the size of a small page where these slices were measured; 4096 if the record does not
// contain it.
double PageBytes(const SideSlices& side);

}  // namespace procmark::compare

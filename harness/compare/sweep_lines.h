// Lines through the points of one sweep on one side. Internal to compare.
#pragma once

#include <map>
#include <vector>

#include "harness/compare/slices.h"
#include "harness/compare/sweep.h"
#include "harness/stats/line.h"

namespace procmark::compare {

// One round's points, in the order of the sweep's, and the line through them.
struct RoundFit {
  std::vector<stats::Point> points;
  stats::Line line;
};
// By round. The exact clock has one, with the costs of all samples.
using Rounds = std::map<int64_t, RoundFit>;

// Takes out what was not measured on this side, or in less than half as many rounds as the rest.
void KeepMeasured(const SideSlices& side, Sweep& sweep);

// The lines of the rounds that have all of the sweep's points, each of which the side has. Nothing
// when fewer than three points are left.
Rounds Fit(const SideSlices& side, const Sweep& sweep, store::Clock clock);

std::vector<double> SlopesOf(const Rounds& rounds);
std::vector<double> InterceptsOf(const Rounds& rounds);

// The bytes of a small page where these slices were measured; 4096 for records that do not say.
double PageBytes(const SideSlices& side);

}  // namespace procmark::compare

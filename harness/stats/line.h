// SPDX-License-Identifier: MIT
// Fits straight lines through a few points, for example the cost of fork over the number of pages.
#pragma once

#include <span>
#include <vector>

namespace procmark::stats {

struct Point {
  double x = 0;
  double y = 0;
};

struct Line {
  double intercept = 0;
  double slope = 0;

  double At(double x) const { return intercept + slope * x; }
};

// Returns the weighted Theil-Sen line, for noisy values. One outlier among four points moves it
// little.
//  - The slope is the weighted median of the slopes of all pairs of points. The weight of a pair is
//    its distance in x, because a distant pair determines the slope better.
//  - The intercept is the weighted median of y - slope * x. The weight is 1 / |y|, because noise is
//    proportional to the cost, so a small y is known more precisely.
// Source: Sievers, "Weighted Rank Statistics for Simple Linear Regression", 1978.
// Throws std::invalid_argument if all x are equal or if a number is not finite.
Line TheilSen(std::span<const Point> points);

// Returns the line with the least sum of squared relative residuals (weights 1 / y^2), for exact
// values. Small and large costs have the same influence. A y of zero has the weight of a y of 1.
// Throws like TheilSen.
Line LeastRelativeSquares(std::span<const Point> points);

// Returns the slopes between neighbours in x, in the order of x. Points of equal x are averaged
// first. The range of these slopes shows how far the points are from a straight line.
// Throws like TheilSen.
std::vector<double> NeighbourSlopes(std::span<const Point> points);

}  // namespace procmark::stats

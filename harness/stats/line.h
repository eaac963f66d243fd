// Straight lines through a few points: what one more page, mapping or thread costs.
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

// The weighted Theil-Sen line, for noisy values: the slope is the weighted median of the slopes of
// all pairs of points, each weighted by the distance of its x (a pair far apart says more); the
// intercept is the weighted median of y - slope * x, each weighted by 1 / |y|, because noise is a
// part of what is measured and a small y is known better. One wild point in four moves neither far.
// Source: Sievers, "Weighted Rank Statistics for Simple Linear Regression", 1978.
// Throws std::invalid_argument when fewer than two x differ or a number is not finite.
Line TheilSen(std::span<const Point> points);

// The line of least squares of the relative residuals (weights 1 / y^2), for exact values: every
// point counts alike, however large it is. A y of zero counts like one of 1.
// Throws like TheilSen.
Line LeastRelativeSquares(std::span<const Point> points);

// The slopes between neighbours in x, in the order of x; points of equal x are averaged first.
// Where a curve is bent, they say how much.
// Throws like TheilSen.
std::vector<double> NeighbourSlopes(std::span<const Point> points);

}  // namespace procmark::stats

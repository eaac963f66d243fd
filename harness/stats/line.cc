// SPDX-License-Identifier: MIT
// Fits lines by weighted medians and by least squares.
#include "harness/stats/line.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace procmark::stats {
namespace {

struct Weighted {
  double value = 0;
  double weight = 0;
};

// Returns the smallest value at which half of the weight is reached. If the weight up to a value is
// exactly half, returns the mean of that value and the next one (like the median of an even count).
double WeightedMedian(std::vector<Weighted> all) {
  std::sort(all.begin(), all.end(),
            [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double total = 0;
  for (const Weighted& one : all) total += one.weight;
  double reached = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    reached += all[i].weight;
    const bool half = std::abs(2 * reached - total) <= 1e-12 * total;
    if (half && i + 1 < all.size()) return (all[i].value + all[i + 1].value) / 2;
    if (2 * reached >= total) return all[i].value;
  }
  return all.back().value;
}

void Check(std::span<const Point> points) {
  bool differ = false;
  for (const Point& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
      throw std::invalid_argument("a point is not finite");
    }
    differ = differ || point.x != points.front().x;
  }
  if (!differ) throw std::invalid_argument("a line needs two points with different x");
}

}  // namespace

Line TheilSen(std::span<const Point> points) {
  Check(points);
  std::vector<Weighted> slopes;
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = i + 1; j < points.size(); ++j) {
      const double distance = points[j].x - points[i].x;
      if (distance == 0) continue;
      slopes.push_back({(points[j].y - points[i].y) / distance, std::abs(distance)});
    }
  }
  Line line;
  line.slope = WeightedMedian(std::move(slopes));
  double largest = 0;
  for (const Point& point : points) largest = std::max(largest, std::abs(point.y));
  if (largest == 0) return line;
  std::vector<Weighted> intercepts;
  for (const Point& point : points) {
    const double size = std::max(std::abs(point.y), 1e-9 * largest);
    intercepts.push_back({point.y - line.slope * point.x, 1 / size});
  }
  line.intercept = WeightedMedian(std::move(intercepts));
  return line;
}

Line LeastRelativeSquares(std::span<const Point> points) {
  Check(points);
  double total = 0;
  double mean_x = 0;
  double mean_y = 0;
  const auto weight = [](const Point& point) {
    return point.y == 0 ? 1.0 : 1 / (point.y * point.y);
  };
  for (const Point& point : points) {
    total += weight(point);
    mean_x += weight(point) * point.x;
    mean_y += weight(point) * point.y;
  }
  mean_x /= total;
  mean_y /= total;
  double covariance = 0;
  double variance = 0;
  for (const Point& point : points) {
    covariance += weight(point) * (point.x - mean_x) * (point.y - mean_y);
    variance += weight(point) * (point.x - mean_x) * (point.x - mean_x);
  }
  Line line;
  line.slope = covariance / variance;
  line.intercept = mean_y - line.slope * mean_x;
  return line;
}

std::vector<double> NeighbourSlopes(std::span<const Point> points) {
  Check(points);
  std::vector<Point> sorted(points.begin(), points.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Point& a, const Point& b) { return a.x < b.x; });
  std::vector<Point> merged;
  for (size_t i = 0; i < sorted.size();) {
    Point mean{sorted[i].x, 0};
    const size_t first = i;
    for (; i < sorted.size() && sorted[i].x == mean.x; ++i) mean.y += sorted[i].y;
    mean.y /= static_cast<double>(i - first);
    merged.push_back(mean);
  }
  std::vector<double> slopes;
  for (size_t i = 1; i < merged.size(); ++i) {
    slopes.push_back((merged[i].y - merged[i - 1].y) / (merged[i].x - merged[i - 1].x));
  }
  return slopes;
}

}  // namespace procmark::stats

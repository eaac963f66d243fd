// SPDX-License-Identifier: MIT
// Lines: results computed by hand, and resistance to outliers.
#include "harness/stats/line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace procmark::stats {
namespace {

TEST(TheilSen, FindsTheLineThatThePointsAreOn) {
  const std::vector<Point> points = {{0, 50'000}, {256, 50'256}, {4096, 54'096}, {65'536, 115'536}};
  const Line line = TheilSen(points);
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.intercept, 50'000);
  EXPECT_DOUBLE_EQ(line.At(100), 50'100);
}

// Slopes of the pairs of x, with weights: (0,1) 10 w1; (0,2) 15 w2; (0,4) 12.5 w4; (1,2) 20 w1;
// (1,4) 13.33 w3; (2,4) 10 w2. Sorted: 10 (1), 10 (2), 12.5 (4), 13.33 (3), 15 (2), 20 (1).
// The total weight is 13; half of it, 6.5, is reached at 12.5.
// Intercepts y - 12.5 x, with weights: 100 (1/100), 97.5 (1/110), 105 (1/130), 100 (1/150).
// Sorted: 97.5 (.00909), 100 (.01), 100 (.00667), 105 (.00769). Half of .03345 is reached at 100.
TEST(TheilSen, IsTheWeightedMedianOfAllPairs) {
  const std::vector<Point> points = {{0, 100}, {1, 110}, {2, 130}, {4, 150}};
  const Line line = TheilSen(points);
  EXPECT_DOUBLE_EQ(line.slope, 12.5);
  EXPECT_DOUBLE_EQ(line.intercept, 100);
}

// Slopes 0 (weights 1, 1), 10/3 (3), 5 (2, 2), 10 (1). Half of the total weight, 5 of 10, is
// reached exactly at 10/3.
TEST(TheilSen, TakesTheMeanWhereHalfOfTheWeightIsReachedExactly) {
  const Line line = TheilSen(std::vector<Point>{{0, 0}, {1, 0}, {2, 10}, {3, 10}});
  EXPECT_DOUBLE_EQ(line.slope, (10.0 / 3 + 5) / 2);
}

TEST(TheilSen, OneOutlierMovesItLittle) {
  std::vector<Point> points = {{0, 50}, {64, 114}, {256, 306}, {1024, 1074}, {4096, 4146}};
  points[2].y *= 3;
  const Line line = TheilSen(points);
  EXPECT_NEAR(line.slope, 1, 0.02);
  EXPECT_NEAR(line.intercept, 50, 5);
}

TEST(TheilSen, TheOrderOfThePointsDoesNotMatter) {
  const std::vector<Point> points = {{0, 7}, {1, 11}, {5, 13}, {9, 40}};
  const std::vector<Point> turned = {{9, 40}, {1, 11}, {5, 13}, {0, 7}};
  EXPECT_DOUBLE_EQ(TheilSen(points).slope, TheilSen(turned).slope);
  EXPECT_DOUBLE_EQ(TheilSen(points).intercept, TheilSen(turned).intercept);
}

TEST(TheilSen, AcceptsCostsOfZero) {
  const Line line = TheilSen(std::vector<Point>{{0, 0}, {1, 0}});
  EXPECT_DOUBLE_EQ(line.slope, 0);
  EXPECT_DOUBLE_EQ(line.intercept, 0);
}

TEST(LeastRelativeSquares, FindsTheLineThatThePointsAreOn) {
  const Line line =
      LeastRelativeSquares(std::vector<Point>{{0, 160'661}, {16, 161'861}, {4096, 467'861}});
  EXPECT_NEAR(line.slope, 75, 1e-9);
  EXPECT_NEAR(line.intercept, 160'661, 1e-6);
}

// Weights 1, 1/4, 1/16; sum 21/16. mean x = (0 + 1/4 + 2/16) / (21/16) = 6/21 = 2/7;
// mean y = (1 + 2/4 + 4/16) / (21/16) = 28/21 = 4/3.
// Sxy = (2/7)(1/3) + (1/4)(5/7)(2/3) + (1/16)(12/7)(8/3) = 2/21 + 5/42 + 2/7 = 1/2;
// Sxx = 4/49 + 25/196 + 144/784 = 4/49 + 25/196 + 9/49 = 77/196 = 11/28. Slope 14/11.
TEST(LeastRelativeSquares, WeighsRelatively) {
  const Line line = LeastRelativeSquares(std::vector<Point>{{0, 1}, {1, 2}, {2, 4}});
  EXPECT_NEAR(line.slope, 14.0 / 11, 1e-12);
  EXPECT_NEAR(line.intercept, 4.0 / 3 - 14.0 / 11 * 2 / 7, 1e-12);
}

TEST(NeighbourSlopes, AreInTheOrderOfXAndAveragePointsOfEqualX) {
  const std::vector<double> slopes =
      NeighbourSlopes(std::vector<Point>{{10, 40}, {0, 10}, {5, 20}, {5, 30}});
  ASSERT_EQ(slopes.size(), 2U);
  EXPECT_DOUBLE_EQ(slopes[0], 3);
  EXPECT_DOUBLE_EQ(slopes[1], 3);
}

TEST(Line, RefusesPointsThatDetermineNoLine) {
  const std::vector<Point> one_place = {{1, 2}, {1, 3}};
  EXPECT_THROW(TheilSen({}), std::invalid_argument);
  EXPECT_THROW(TheilSen(one_place), std::invalid_argument);
  EXPECT_THROW(LeastRelativeSquares(one_place), std::invalid_argument);
  EXPECT_THROW(NeighbourSlopes(one_place), std::invalid_argument);
  EXPECT_THROW(TheilSen(std::vector<Point>{{0, 1}, {1, std::nan("")}}), std::invalid_argument);
}

}  // namespace
}  // namespace procmark::stats

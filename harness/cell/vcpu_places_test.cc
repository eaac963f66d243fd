#include "harness/cell/vcpu_places.h"

#include <gtest/gtest.h>

namespace procmark::cell {
namespace {

TEST(VcpuPlaces, AreTheLastCpus) {
  EXPECT_EQ(VcpuPlaces(2, {0, 2, 4, 6}), (std::vector<int>{6, 4}));
}

TEST(VcpuPlaces, LeaveACpuToQemu) {
  EXPECT_EQ(VcpuPlaces(2, {0, 1}), std::nullopt);
  EXPECT_EQ(VcpuPlaces(1, {0}), std::nullopt);
  EXPECT_EQ(VcpuPlaces(1, {0, 1}), (std::vector<int>{1}));
}

TEST(Bind, NeverTakesAThreadThatIsNone) {
  EXPECT_FALSE(Bind(0, 0));
  EXPECT_FALSE(Bind(-1, 0));
}

}  // namespace
}  // namespace procmark::cell

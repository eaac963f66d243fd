// SPDX-License-Identifier: MIT
// A guest of every architecture: its kernel boots, its records arrive, and its exact clock counts
// the instructions of a loop of known length.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"
#include "harness/sys/arch.h"

namespace procmark::e2e {
namespace {

struct Place {
  const char* name;
  const char* cell;
  int64_t instructions_per_turn;  // of the loop in yardstick/turns
  int64_t tick_error;             // the largest error of a difference, because the clock is coarse
};

class Architecture : public ::testing::TestWithParam<Place> {};

int64_t Least(const store::Run& run, const std::string& benchmark) {
  for (const store::Slice& slice : run.slices) {
    if (slice.slice.benchmark == benchmark) return std::ranges::min(slice.slice.samples);
  }
  ADD_FAILURE() << benchmark << " was not measured";
  return 0;
}

TEST_P(Architecture, BootsAndCountsInstructions) {
  const Place& place = GetParam();
  const Tool tool;
  const Answer answer =
      tool.Run({"run", "--cell", place.cell, "--filter",
                "^(yardstick/turns:[12]000|ForkInherited.FolderAndUmask)$", "--name", "guest"});
  const bool absent = answer.err.find("are not built") != std::string::npos ||
                      answer.err.find("is not installed") != std::string::npos;
  const std::string_view cell = place.cell;
  const bool built = cell.starts_with("amd64/") || cell.starts_with("arm64/");
  if (answer.exit_code == 2 && absent && !built) {
    GTEST_SKIP() << answer.err << "./run.sh test builds those of amd64 and arm64 only";
  }
  ASSERT_EQ(answer.exit_code, 0) << answer.err << answer.out;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "guest"));
  EXPECT_TRUE(run.losses.empty());
  const int64_t thousand_turns =
      Least(run, "yardstick/turns:2000") - Least(run, "yardstick/turns:1000");
  EXPECT_NEAR(static_cast<double>(thousand_turns),
              static_cast<double>(1'000 * place.instructions_per_turn),
              static_cast<double>(place.tick_error));
}

constexpr std::array kPlaces = {
    Place{"amd64", "amd64/debian-6.12/max/exact", 2, 0},
    Place{"arm64", "arm64/debian-6.12/cortex-a72/exact", 2, 0},
    // The oldest kernel. Its records use the second choice of the channel.
    Place{"arm64_old", "arm64/debian-5.10/cortex-a72/exact", 2, 0},
    Place{"armhf", "armhf/debian-6.12/cortex-a15/exact", 2, 0},
    Place{"riscv64", "riscv64/debian-6.12/rv64/exact", 2, 0},
    Place{"ppc64el", "ppc64el/debian-6.12/power9/exact", 1, 4},
    Place{"s390x", "s390x/debian-6.12/max/exact", 1, 1}};

INSTANTIATE_TEST_SUITE_P(Guests, Architecture, ::testing::ValuesIn(kPlaces),
                         [](const auto& place) { return std::string(place.param.name); });

TEST(Architectures, EachHasAPlaceHere) {
  for (const sys::Arch& arch : sys::kArchs) {
    EXPECT_TRUE(std::ranges::any_of(kPlaces, [&](const Place& place) {
      return std::string_view(place.cell).starts_with(std::string(arch.name) + "/");
    })) << arch.name;
  }
}

}  // namespace
}  // namespace procmark::e2e

// SPDX-License-Identifier: MIT
// Plan: what to run, where and how often. A TOML file on disk, pure data here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::plan {

// Chooses some of the benchmarks or tests that a program offers. An entry is chosen when it has
// one of `tags` (or tags is empty) and `filter` (filter.h) is found in its name.
struct Selection {
  std::vector<std::string> tags = {"core"};
  std::string filter;
  // Also chosen, by their whole names. The name of a benchmark may have parameters that are not
  // listed: "fork/rss:48M/cpu:same/to:reaped".
  std::vector<std::string> names = {};
};

inline constexpr int64_t kMostSamples = 4096;

struct Plan {
  std::string name = "default";
  std::vector<std::string> cells;
  Selection benchmarks;
  Selection tests;
  int64_t samples = 30;  // recorded per slice, kMostSamples at the most
  int64_t warmups = 5;   // done before them, not recorded
  int64_t rounds = 20;   // slices per benchmark on noisy clocks (wall, kvm, tcg)
  // A limit for the rounds of native cells, if no guest is noisy: a round begins only if it would
  // end within this time, taking as long as the rounds before it on average. The first round is
  // always taken. 0: no limit.
  int64_t budget_s = 0;
  uint64_t seed = 1;  // of the order within a round
};

// Throws a usage Complaint that names file and key for: an unreadable file, bad TOML, an unknown
// key, a wrong type, a number out of range, a filter that is not a regular expression.
Plan LoadPlan(const std::filesystem::path& file);
// `origin` stands for the file's name in complaints.
Plan ParsePlan(std::string_view toml, const std::string& origin);

// ParsePlan(ToToml(plan)) == plan.
std::string ToToml(const Plan& plan);

// Something a program offers: a benchmark or a test.
struct Offer {
  std::string name;
  std::vector<std::string> tags;
};

// The offers that are chosen, in their given order. An offer tagged "broken" (a canary of the
// runner that fails, hangs or crashes on purpose) is chosen only by a filter that is its whole
// name.
std::vector<std::string> Choose(const Selection& selection, const std::vector<Offer>& offers);

// One slice to be taken.
struct Step {
  std::string cell;
  std::string benchmark;
  int64_t round = 0;
  friend bool operator==(const Step&, const Step&) = default;
};

// The slices of rounds [first_round, first_round + rounds) over all cells. Within a round, the
// order of the benchmarks is random and depends only on `seed` and the round. The cells of a
// benchmark are neighbours in time, and their order changes with every round (ABBA), so that
// neither a trend nor a fixed place in the round favours one of them.
std::vector<Step> Interleave(const std::vector<std::string>& cells,
                             const std::vector<std::string>& benchmarks, int64_t first_round,
                             int64_t rounds, uint64_t seed);

}  // namespace procmark::plan

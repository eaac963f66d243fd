// Plan: what to run, where and how often. A TOML file on disk, pure data here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::plan {

// Which of the benchmarks or tests a program offers are meant. An entry is chosen when it carries
// one of `tags` (or tags is empty) and `filter` (filter.h) is found in its name.
struct Selection {
  std::vector<std::string> tags = {"core"};
  std::string filter;
  // Chosen besides, by their whole names. A benchmark's may be one that no list has:
  // "fork/rss:48M/cpu:same/to:reaped".
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
  // Where only native cells are noisy: no round begins that, as long as those before it, would end
  // later than this after the first began. The first is always taken. 0: no bound.
  int64_t budget_s = 0;
  uint64_t seed = 1;  // of the order within a round
};

// Throws a usage Complaint that names file and key for: an unreadable file, bad TOML, an unknown
// key, a wrong type, a number out of range, a filter that is no regular expression.
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

// The slices of rounds [first_round, first_round + rounds) over all cells: within a round the
// benchmarks come in a random order made from `seed` and the round alone, each benchmark's cells
// are neighbours in time, and their order turns round every round (ABBA), so that neither a trend
// nor a fixed place in the round favours one of them.
std::vector<Step> Interleave(const std::vector<std::string>& cells,
                             const std::vector<std::string>& benchmarks, int64_t first_round,
                             int64_t rounds, uint64_t seed);

}  // namespace procmark::plan

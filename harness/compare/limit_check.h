// The limit table: each benchmark against the raw loop that bounds it from below.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/compare.h"

namespace procmark::compare {

inline constexpr double kLimitTolerance = 0.05;

// What stands for a side's fastest samples: this part of all of them.
inline constexpr double kFastestPart = 0.01;

struct LimitRow {
  enum class State {
    kWithin,  // the ratio's interval lies within 5 % of 1
    // It does not, but that of the fastest samples does. What our code added would be in every
    // sample, also in the fastest; what is only in the others is the state that the CPU is in,
    // which may last for a whole slice and prefer one of two loops of equal instructions.
    kAtBest,
    kBeyond,   // neither, and the ratio's interval lies wholly outside
    kUnclear,  // it does not tell, or the clock is not judged
    kAbsent,   // one of the two was not measured here
  };
  std::string limit;    // "limit/fork", the hand-written loop
  std::string bounded;  // "fork/to:reaped", our number
  State state = State::kAbsent;
  int64_t pairs = 0;
  std::string unit;  // of the two costs
  double limit_per_operation = 0;
  double bounded_per_operation = 0;
  std::optional<double> ratio;                  // bounded / limit
  std::optional<EffectInterval> interval;       // of ratio - 1
  std::optional<double> best_ratio;             // of the fastest samples; noisy clocks only
  std::optional<EffectInterval> best_interval;  // of best_ratio - 1
  std::string sentence;
};

const char* LimitStateName(LimitRow::State state);  // "within" "at best" "beyond" …

// One row for each entry of `bounded_by_limit` (name of the limit -> name of what it bounds; the
// programs' --procmark_list says so by limit_of), in the map's order. Paired by round on noisy
// clocks, and compared at its fastest samples where that is not enough
// (stats::CompareLowQuantiles); without an interval on the exact clock. Throws sys::Complaint
// (usage) when the run has no such cell.
std::vector<LimitRow> LimitTable(const store::Run& run, const std::string& cell,
                                 const std::map<std::string, std::string>& bounded_by_limit,
                                 const Rules& rules = Rules());

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
// Checks that our own code adds almost nothing to what it measures: compares each benchmark with
// its limit, a hand-written loop that does the same with the fewest possible instructions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/store/run.h"
#include "harness/sys/enum_names.h"

namespace procmark::compare {

// A benchmark may cost this much more or less than its limit.
inline constexpr double kLimitTolerance = 0.05;

// The quantile that stands for the fastest samples.
inline constexpr double kFastestShare = 0.01;

struct LimitCheck {
  enum class State {
    kWithin,  // the interval of the ratio is within 5 % of 1
    // That interval is not, but the interval of the fastest samples is. Code that we added would
    // slow down every sample, also the fastest. A difference in the other samples comes from the
    // state of the CPU, which may last for a whole slice and may favour one of two equal loops.
    kWithinAtFastest,
    kBeyond,   // neither, and the interval of the ratio is wholly outside
    kUnclear,  // too noisy to tell, or the clock is not judged
    kAbsent,   // the benchmark or its limit was not measured in this cell
  };
  std::string limit;    // "limit/fork"
  std::string bounded;  // "fork/to:reaped": the benchmark that the limit belongs to
  State state = State::kAbsent;
  int64_t pairs = 0;
  std::string unit;  // of both costs
  double limit_per_operation = 0;
  double bounded_per_operation = 0;
  std::optional<double> ratio;                     // bounded / limit
  std::optional<EffectInterval> interval;          // of ratio - 1
  std::optional<double> fastest_ratio;             // of the fastest samples; noisy clocks only
  std::optional<EffectInterval> fastest_interval;  // of fastest_ratio - 1
  std::string sentence;
};

inline constexpr auto kLimitStates =
    sys::MakeEnumNames<LimitCheck::State>({{LimitCheck::State::kWithin, "within"},
                                           {LimitCheck::State::kWithinAtFastest, "fastest within"},
                                           {LimitCheck::State::kBeyond, "beyond"},
                                           {LimitCheck::State::kUnclear, "unclear"},
                                           {LimitCheck::State::kAbsent, "absent"}});
constexpr const char* LimitStateName(LimitCheck::State state) { return kLimitStates.NameOf(state); }

// Returns one row for each entry of `bounded_by_limit` (name of the limit -> name of the benchmark,
// as the programs report it), in the order of the map. On noisy clocks slices of the same round are
// paired; if the result is not `within`, the fastest samples are compared too. On the exact clock
// there is no interval. Throws sys::Complaint (usage) if the run has no such cell.
std::vector<LimitCheck> CheckLimits(const store::Run& run, const std::string& cell,
                                    const std::map<std::string, std::string>& bounded_by_limit,
                                    const Rules& rules = Rules());

}  // namespace procmark::compare

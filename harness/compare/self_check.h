// SPDX-License-Identifier: MIT
// Self-check: the canaries of a run tell whether the numbers of a cell can be trusted. The twin is
// the same code as the base and must cost the same. The slow canary is 5 % slower by construction,
// and this difference must be found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/store/run.h"
#include "harness/sys/enum_names.h"

namespace procmark::compare {

inline constexpr const char* kCanaryBase = "canary/base";
inline constexpr const char* kCanaryTwin = "canary/twin";
inline constexpr const char* kCanarySlow = "canary/slow5";

struct Canary {
  enum class State {
    kGood,     // the twin costs the same; the slow canary was found
    kUnclear,  // too few pairs, or the host is too noisy
    kBad,      // the twin differs, or the slow canary is not slower: trust no verdict of this cell
    kAbsent,   // not measured
  };
  std::string benchmark;  // kCanaryTwin or kCanarySlow
  State state = State::kAbsent;
  int64_t pairs = 0;
  std::optional<double> ratio;             // canary / base
  std::optional<EffectInterval> interval;  // of ratio - 1
  std::string sentence;
};

inline constexpr auto kCanaryStates =
    sys::MakeEnumNames<Canary::State>({{Canary::State::kGood, "good"},
                                       {Canary::State::kUnclear, "unclear"},
                                       {Canary::State::kBad, "bad"},
                                       {Canary::State::kAbsent, "absent"}});
constexpr const char* CanaryStateName(Canary::State state) { return kCanaryStates.NameOf(state); }

struct SelfCheckResult {
  std::string cell;
  Canary twin;
  Canary slow;
  // The smallest relative difference that this cell finds in 80 % of such runs, from the noise of
  // the twin. Empty if there are too few pairs or if the clock is not a noisy one.
  std::optional<double> minimal_detectable_effect;
};

// Compares the canaries with their base in the same rounds.
//  - Noisy clocks: the twin is bad if its sign test is at most 0.001 and its effect reaches the
//    threshold. It is good if its interval is inside the threshold. The slow canary is good if its
//    sign test is at most 0.05 and it is slower by at least the threshold. It is bad if its
//    interval is below the threshold.
//  - Exact clock: the twin is good below Rules::exact_changed. It is bad from
//    Rules::exact_regressed on, unless its samples scatter by as much (this happens in guests whose
//    slices share one boot). The slow canary is good from Rules::exact_regressed on, else bad.
//  - Clock tcg: always unclear.
// Throws sys::Complaint (usage) if the run has no such cell.
SelfCheckResult SelfCheck(const store::Run& run, const std::string& cell,
                          const Rules& rules = Rules());

}  // namespace procmark::compare

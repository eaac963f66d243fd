// The self-checks of a run: what its canaries say about the host that measured it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/compare.h"

namespace procmark::compare {

inline constexpr const char* kCanaryBase = "canary/base";
inline constexpr const char* kCanaryTwin = "canary/twin";   // the same code under another name
inline constexpr const char* kCanarySlow = "canary/slow5";  // 5 % slower by construction

struct Canary {
  enum class State {
    kGood,     // the twin agrees; the slow one was found
    kUnclear,  // too few pairs, or too noisy a host, to tell
    kBad,      // the twin differs; the slow one is provably not slower: believe no verdict
    kAbsent,   // not measured
  };
  std::string benchmark;  // kCanaryTwin or kCanarySlow
  State state = State::kAbsent;
  int64_t pairs = 0;
  std::optional<double> ratio;             // benchmark / base
  std::optional<EffectInterval> interval;  // of ratio - 1
  std::string sentence;
};

const char* CanaryStateName(Canary::State state);  // "good" "unclear" "bad" "absent"

struct SelfCheckResult {
  std::string cell;
  Canary twin;
  Canary slow;
  // What this cell could have found in 80 % of its attempts, from the twin; relative. Empty when
  // there are too few pairs or the clock is not a noisy one.
  std::optional<double> minimal_detectable_effect;
};

// Compares the canaries with their base in the same rounds. Noisy clocks: the twin is bad when its
// sign test is at most 0.001 and its effect reaches the threshold (an A/A comparison that alarms),
// good when its interval lies inside the threshold; the slow one is good when its sign test is at
// most 0.05 and it is slower by the threshold, bad when its interval lies below the threshold.
// Clock exact: the twin is good below Rules::exact_changed and bad from Rules::exact_regressed,
// unless its samples scatter by as much (guests whose slices share one boot); the slow one is good
// from Rules::exact_regressed, else bad. Clock tcg: ratios are given, unclear.
// Throws sys::Complaint (usage) when the run has no such cell.
SelfCheckResult SelfCheck(const store::Run& run, const std::string& cell,
                          const Rules& rules = Rules());

}  // namespace procmark::compare

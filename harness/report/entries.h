// SPDX-License-Identifier: MIT
// Makes the entries of tables: a number or a verdict together with the text that shows it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "harness/compare/comparison.h"
#include "harness/compare/limit_check.h"
#include "harness/compare/self_check.h"
#include "harness/compare/sweep_slope.h"
#include "harness/report/document.h"
#include "harness/wire/event.h"

namespace procmark::report {

Entry TextEntry(std::string text);
Entry CountEntry(int64_t count);
// The cost of one operation in `unit`.
Entry CostEntry(double cost, const std::string& unit);
// A slope or a difference of slopes.
Entry SlopeEntry(double slope);
// The entries below are empty if the number is.
Entry RatioEntry(std::optional<double> ratio);
Entry PercentEntry(std::optional<double> relative);
// A relative effect with its interval, judged by a threshold (0: no threshold).
Entry EffectEntry(std::optional<double> effect,
                  const std::optional<compare::EffectInterval>& interval, double threshold,
                  Tone tone);

// One word with its tone.
Entry VerdictEntry(const char* word, Tone tone);
Entry VerdictEntry(compare::Verdict verdict);
Entry VerdictEntry(compare::TestChange::Kind change);
Entry VerdictEntry(compare::SlopeChange::State state);
Entry VerdictEntry(compare::Canary::State state);
Entry VerdictEntry(compare::LimitCheck::State state);
Entry VerdictEntry(compare::SweepSlope::Fit fit);
// Empty if there is no verdict.
Entry VerdictEntry(std::optional<wire::TestVerdict> verdict);

// The same entry, at this level of detail.
Entry At(Detail detail, Entry entry);
// The same entry with a hint.
Entry WithHint(std::string hint, Entry entry);

// The value under `key`, or "" if there is none.
std::string ValueOr(const std::map<std::string, std::string>& map, const std::string& key);

}  // namespace procmark::report

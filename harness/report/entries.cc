// SPDX-License-Identifier: MIT
#include "harness/report/entries.h"

#include "harness/compare/effect_text.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

Tone ToneOf(compare::Verdict verdict) {
  switch (verdict) {
    case compare::Verdict::kIdentical:
    case compare::Verdict::kUnchanged:
    case compare::Verdict::kImproved:
      return Tone::kGood;
    case compare::Verdict::kRegressed:
    case compare::Verdict::kNotDeterministic:
      return Tone::kBad;
    case compare::Verdict::kChanged:
    case compare::Verdict::kInconclusive:
      return Tone::kWarn;
    case compare::Verdict::kShown:
      return Tone::kDull;
  }
  return Tone::kNone;
}

Tone ToneOf(wire::TestVerdict verdict) {
  switch (verdict) {
    case wire::TestVerdict::kPass:
      return Tone::kGood;
    case wire::TestVerdict::kFail:
    case wire::TestVerdict::kTimeout:
    case wire::TestVerdict::kCrash:
      return Tone::kBad;
    case wire::TestVerdict::kXpass:
      return Tone::kWarn;
    case wire::TestVerdict::kSkip:
    case wire::TestVerdict::kXfail:
      return Tone::kDull;
  }
  return Tone::kNone;
}

}  // namespace

Entry TextEntry(std::string text) {
  Entry entry;
  entry.text = std::move(text);
  return entry;
}

Entry CountEntry(int64_t count) {
  Entry entry = TextEntry(CountText(count));
  entry.number = static_cast<double>(count);
  return entry;
}

Entry CostEntry(double cost, const std::string& unit) {
  Entry entry = TextEntry(CostText(cost, unit));
  entry.number = cost;
  return entry;
}

Entry SlopeEntry(double slope) {
  Entry entry = TextEntry(SlopeText(slope));
  entry.number = slope;
  return entry;
}

Entry RatioEntry(std::optional<double> ratio) {
  if (!ratio) return {};
  Entry entry = TextEntry(RatioText(*ratio));
  entry.number = ratio;
  return entry;
}

Entry PercentEntry(std::optional<double> relative) {
  if (!relative) return {};
  Entry entry = TextEntry(compare::PercentText(*relative));
  entry.number = relative;
  return entry;
}

Entry EffectEntry(std::optional<double> effect,
                  const std::optional<compare::EffectInterval>& interval, double threshold,
                  Tone tone) {
  Entry entry;
  entry.number = effect;
  entry.tone = tone;
  if (interval) {
    entry.text = compare::IntervalText(*interval);
    entry.range = Range{interval->low, interval->high};
  }
  // Thresholds are compared as logarithms, so the lower end is the inverse of the upper one.
  if (threshold > 0) entry.band = Range{-threshold / (1 + threshold), threshold};
  return entry;
}

Entry VerdictEntry(const char* word, Tone tone) {
  Entry entry = TextEntry(word);
  entry.tone = tone;
  return entry;
}

Entry VerdictEntry(compare::Verdict verdict) {
  return VerdictEntry(compare::VerdictName(verdict), ToneOf(verdict));
}

Entry VerdictEntry(compare::TestChange::Kind change) {
  const Tone tone = change == compare::TestChange::Kind::kRegressed ? Tone::kBad
                    : change == compare::TestChange::Kind::kFixed   ? Tone::kGood
                    : change == compare::TestChange::Kind::kChanged ? Tone::kWarn
                                                                    : Tone::kDull;
  return VerdictEntry(compare::TestChangeName(change), tone);
}

Entry VerdictEntry(compare::SlopeChange::State state) {
  using State = compare::SlopeChange::State;
  const Tone tone = state == State::kSteeper   ? Tone::kBad
                    : state == State::kUnclear ? Tone::kWarn
                    : state == State::kShown   ? Tone::kDull
                                               : Tone::kGood;
  return VerdictEntry(compare::SlopeStateName(state), tone);
}

Entry VerdictEntry(compare::Canary::State state) {
  using State = compare::Canary::State;
  const Tone tone = state == State::kGood      ? Tone::kGood
                    : state == State::kBad     ? Tone::kBad
                    : state == State::kUnclear ? Tone::kWarn
                                               : Tone::kDull;
  return VerdictEntry(compare::CanaryStateName(state), tone);
}

Entry VerdictEntry(compare::LimitCheck::State state) {
  using State = compare::LimitCheck::State;
  const Tone tone = state == State::kBeyond    ? Tone::kBad
                    : state == State::kUnclear ? Tone::kWarn
                    : state == State::kAbsent  ? Tone::kDull
                                               : Tone::kGood;
  return VerdictEntry(compare::LimitStateName(state), tone);
}

Entry VerdictEntry(compare::SweepSlope::Fit fit) {
  using Fit = compare::SweepSlope::Fit;
  const bool straight = fit == Fit::kLinear || fit == Fit::kFlat;
  return VerdictEntry(compare::SweepFitName(fit), straight ? Tone::kGood : Tone::kWarn);
}

Entry VerdictEntry(std::optional<wire::TestVerdict> verdict) {
  if (!verdict) return {};
  return VerdictEntry(wire::TestVerdictName(*verdict), ToneOf(*verdict));
}

Entry At(Detail detail, Entry entry) {
  entry.detail = detail;
  return entry;
}

Entry WithHint(std::string hint, Entry entry) {
  entry.hint = std::move(hint);
  return entry;
}

std::string ValueOr(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? "" : found->second;
}

}  // namespace procmark::report

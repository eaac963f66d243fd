// SPDX-License-Identifier: MIT
// Comparison: the result of comparing two sides, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/stats/interval.h"
#include "harness/store/run.h"
#include "harness/sys/enum_names.h"

namespace procmark::compare {

// The verdict on one benchmark.
enum class Verdict {
  kIdentical,         // exact clock: equal inputs and equal samples, to the instruction
  kUnchanged,         // the interval is inside the threshold (exact: the effect is below `changed`)
  kChanged,           // exact clock: at least `changed`, but less than `regressed`
  kImproved,          // b costs less, by at least the threshold
  kRegressed,         // b costs more, by at least the threshold
  kInconclusive,      // too noisy or too few slices; see minimal_detectable_effect
  kNotDeterministic,  // exact clock: equal inputs, but different samples. A fault of procmark
  kShown,             // clock tcg: emulated time is shown but never judged
};

inline constexpr auto kVerdicts =
    sys::MakeEnumNames<Verdict>({{Verdict::kIdentical, "identical"},
                                 {Verdict::kUnchanged, "unchanged"},
                                 {Verdict::kChanged, "changed"},
                                 {Verdict::kImproved, "improved"},
                                 {Verdict::kRegressed, "regressed"},
                                 {Verdict::kInconclusive, "inconclusive"},
                                 {Verdict::kNotDeterministic, "not deterministic"},
                                 {Verdict::kShown, "shown"}});
constexpr const char* VerdictName(Verdict verdict) { return kVerdicts.NameOf(verdict); }

// How the effect was computed.
enum class Method {
  kPaired,    // noisy clock, interleaved: sign test over pairs of the same round
  kUnpaired,  // noisy clock, not interleaved: the intervals of both sides, combined and widened
  kExact,     // integers, without a test
  kNone,      // shown only, or nothing to compare
};

inline constexpr auto kMethods = sys::MakeEnumNames<Method>({{Method::kPaired, "paired"},
                                                             {Method::kUnpaired, "unpaired"},
                                                             {Method::kExact, "exact"},
                                                             {Method::kNone, "none"}});
constexpr const char* MethodName(Method method) { return kMethods.NameOf(method); }

// The confidence interval of a relative effect b / a - 1: 0.05 means that b costs 5 % more.
struct EffectInterval {
  double low = 0;
  double high = 0;
  double confidence = 0;
};

struct BenchmarkComparison {
  std::string benchmark;
  std::string unit;  // "ns" or "instructions"
  Verdict verdict = Verdict::kInconclusive;
  Method method = Method::kNone;
  int64_t pairs = 0;  // used by the paired method; else 0
  int64_t slices_a = 0;
  int64_t slices_b = 0;
  // Cost of one operation: the median over the slices of each slice's q25 (exact clock: the q25 of
  // all samples), divided by the operations inside one sample.
  double a_per_operation = 0;
  double b_per_operation = 0;
  // Exact clock only: the sample at q25, and the number of operations in it.
  int64_t a_sample = 0;
  int64_t b_sample = 0;
  int64_t operations_a = 1;
  int64_t operations_b = 1;

  std::optional<double> effect;  // b / a - 1; empty if there is nothing to compare
  std::optional<EffectInterval> interval;
  std::optional<double> hodges_lehmann;  // shown beside the effect; verdicts do not use it
  std::optional<EffectInterval> hodges_lehmann_interval;
  std::optional<double> p_value;           // paired: exact two-sided sign test
  std::optional<double> adjusted_p_value;  // by Benjamini-Hochberg, over the whole comparison
  std::optional<double> minimal_detectable_effect;  // relative: 0.03 is 3 %
  double threshold = 0;                             // the smallest relevant |effect|, relative
  std::string sentence;                             // the reason for the verdict
};

// How the result of one conformance test differs between the sides. The verdicts are final ones
// (xfail and xpass included).
struct TestChange {
  enum class Kind {
    kRegressed,  // pass or xpass before, now fail, timeout or crash
    kFixed,      // fail, timeout or crash before, now pass or xpass
    kChanged,    // any other two different verdicts, for example pass and skip
    kOnlyInA,
    kOnlyInB,
  };
  std::string test;
  Kind kind = Kind::kChanged;
  std::optional<wire::TestVerdict> a;  // empty if the side did not run the test
  std::optional<wire::TestVerdict> b;
  std::string reason;  // of b's verdict; of a's if only a ran the test
};

inline constexpr auto kTestChanges =
    sys::MakeEnumNames<TestChange::Kind>({{TestChange::Kind::kRegressed, "regressed"},
                                          {TestChange::Kind::kFixed, "fixed"},
                                          {TestChange::Kind::kChanged, "changed"},
                                          {TestChange::Kind::kOnlyInA, "only in a"},
                                          {TestChange::Kind::kOnlyInB, "only in b"}});
constexpr const char* TestChangeName(TestChange::Kind kind) { return kTestChanges.NameOf(kind); }

// How the slope of a sweep differs between the sides.
struct SlopeChange {
  enum class State {
    kSteeper,    // b's slope is larger, significantly and by at least the threshold
    kFlatter,    // b's slope is smaller, likewise
    kUnchanged,  // the interval of the difference is inside the threshold
    kUnclear,    // too noisy to tell
    kShown,      // clock tcg
  };
  std::string sweep;
  std::string unit;
  std::string per;
  double a = 0;
  double b = 0;
  double difference = 0;                    // b - a, in `unit` per `per`
  std::optional<stats::Interval> interval;  // of the difference
  std::optional<double> relative;           // b / a - 1; empty if a's slope may be zero
  State state = State::kUnclear;
};

inline constexpr auto kSlopeStates =
    sys::MakeEnumNames<SlopeChange::State>({{SlopeChange::State::kSteeper, "steeper"},
                                            {SlopeChange::State::kFlatter, "flatter"},
                                            {SlopeChange::State::kUnchanged, "unchanged"},
                                            {SlopeChange::State::kUnclear, "unclear"},
                                            {SlopeChange::State::kShown, "shown"}});
constexpr const char* SlopeStateName(SlopeChange::State state) {
  return kSlopeStates.NameOf(state);
}

// One key of the setup whose value differs. A value is empty if that side does not have the key.
struct SetupDifference {
  std::string where;  // "input", "environment", "host", "kernel config"
  std::string key;
  std::optional<std::string> a;
  std::optional<std::string> b;
};

// Something that a reader must know before trusting the numbers. It does not change a verdict.
struct Warning {
  std::string about;  // a benchmark, a test, an entry of a file; "" for the whole comparison
  std::string sentence;
};

struct Comparison {
  std::string run_a;  // id, with the name in brackets if the run has one
  std::string run_b;
  std::string cell_a;
  std::string cell_b;
  store::Clock clock = store::Clock::kWall;
  std::vector<BenchmarkComparison> benchmarks;  // by name
  std::vector<SlopeChange> slopes;              // of the sweeps that both sides have
  std::vector<TestChange> tests;                // only those that differ
  int64_t tests_equal = 0;                      // number of tests with equal verdicts
  std::vector<SetupDifference> differences;
  std::vector<Warning> warnings;
};

}  // namespace procmark::compare

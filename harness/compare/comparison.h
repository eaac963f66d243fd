// Comparison: what comparing two sides found, as plain values. Nothing in here computes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/stats/interval.h"
#include "harness/store/run.h"

namespace procmark::compare {

// What is said about one benchmark.
enum class Verdict {
  kIdentical,     // exact: equal inputs and equal samples, to the instruction
  kUnchanged,     // the interval lies inside the threshold (exact: the effect is below `changed`)
  kChanged,       // exact: at least `changed`, less than `regressed`
  kImproved,      // b costs less, by at least the threshold
  kRegressed,     // b costs more, by at least the threshold
  kInconclusive,  // the data do not tell; minimal_detectable_effect says what they would show
  kNotDeterministic,  // exact: equal inputs and differing samples: our failure, never the kernel's
  kShown,             // clock tcg: emulated time is shown and never judged
};

const char* VerdictName(Verdict verdict);  // "identical" "unchanged" … "not deterministic" "shown"

// How the effect was come by.
enum class Method {
  kPaired,    // noisy clock, interleaved: sign test over pairs of the same round
  kUnpaired,  // noisy clock, not interleaved: both sides' intervals combined, then widened
  kExact,     // integers, no test
  kNone,      // shown only, or nothing to compare
};

const char* MethodName(Method method);  // "paired" "unpaired" "exact" "none"

// A relative effect and its limits: 0.05 is 5 % more on side b. All are b / a - 1.
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
  int64_t pairs = 0;  // paired: pairs used; else 0
  int64_t slices_a = 0;
  int64_t slices_b = 0;
  // Cost of one operation: the median over the slices of each slice's q25 (exact: q25 of all
  // samples), divided by the operations inside one sample.
  double a_per_operation = 0;
  double b_per_operation = 0;
  // Exact only: the q25 sample itself and the operations it covers.
  int64_t a_sample = 0;
  int64_t b_sample = 0;
  int64_t operations_a = 1;
  int64_t operations_b = 1;

  std::optional<double> effect;  // b / a - 1; empty when there is nothing to compare
  std::optional<EffectInterval> interval;
  std::optional<double> hodges_lehmann;  // shown beside the effect, never judged by
  std::optional<EffectInterval> hodges_lehmann_interval;
  std::optional<double> p_value;           // paired: exact two-sided sign test
  std::optional<double> adjusted_p_value;  // of Benjamini-Hochberg over the whole comparison
  std::optional<double> minimal_detectable_effect;  // relative: 0.03 is 3 %
  double threshold = 0;                             // what |effect| had to reach, relative
  std::string sentence;                             // the verdict in words, with its reason
};

// How one conformance test differs between the sides. Verdicts are final ones (xfail and xpass
// included); none on the side that did not run the test.
struct TestChange {
  enum class Kind {
    kRegressed,  // pass or xpass, now fail, timeout or crash
    kFixed,      // fail, timeout or crash, now pass or xpass
    kChanged,    // any other two verdicts that differ, pass -> skip for example
    kOnlyInA,
    kOnlyInB,
  };
  std::string test;
  Kind kind = Kind::kChanged;
  std::optional<wire::TestVerdict> a;
  std::optional<wire::TestVerdict> b;
  std::string reason;  // of b's verdict, or of a's where b has none
};

const char* TestChangeName(TestChange::Kind kind);  // "regressed" "fixed" "changed" "only in a" …

// A sweep's slope on two sides.
struct SlopeChange {
  enum class State {
    kSteeper,  // one more costs more on side b, beyond chance and by at least the threshold
    kFlatter,  // less
    kAlike,    // the difference's interval lies inside the threshold
    kUnclear,  // the data do not tell
    kShown,    // clock tcg
  };
  std::string sweep;
  std::string unit;
  std::string per;
  double a = 0;
  double b = 0;
  double difference = 0;                    // b - a, in `unit` per `per`
  std::optional<stats::Interval> interval;  // of the difference
  std::optional<double> relative;           // b / a - 1; empty where a may be zero
  State state = State::kUnclear;
};

const char* SlopeStateName(SlopeChange::State state);  // "steeper" "flatter" "alike" …

// A key whose value differs. Empty: the side does not have the key.
struct Difference {
  std::string where;  // "input", "environment", "host", "kernel config"
  std::string key;
  std::optional<std::string> a;
  std::optional<std::string> b;
};

// Something a reader must know before believing the numbers. Warnings never change a verdict.
struct Warning {
  std::string about;  // a benchmark, a test, an entry of a file, or "" for the whole
  std::string sentence;
};

struct Comparison {
  std::string run_a;  // id, with its name where it has one
  std::string run_b;
  std::string cell_a;
  std::string cell_b;
  store::Clock clock = store::Clock::kWall;
  std::vector<BenchmarkComparison> benchmarks;  // by name
  std::vector<SlopeChange> slopes;              // of the sweeps that both sides have
  std::vector<TestChange> tests;                // only those that differ
  int64_t tests_equal = 0;
  std::vector<Difference> differences;
  std::vector<Warning> warnings;
};

}  // namespace procmark::compare

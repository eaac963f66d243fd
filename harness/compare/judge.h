// Judges the benchmarks that both sides have. Internal to compare.
#pragma once

#include <string>
#include <vector>

#include "harness/compare/compare.h"
#include "harness/compare/slices.h"

namespace procmark::compare {

// One benchmark with the slices of both sides (never empty, same unit on both).
struct Matched {
  std::string benchmark;
  SliceList a;
  SliceList b;
};

// Clocks wall and kvm. `same_run` says whether pairing may be tried.
std::vector<BenchmarkComparison> JudgeNoisy(const std::vector<Matched>& matched, bool same_run,
                                            const Rules& rules, std::vector<Warning>& warnings);

// Clock exact. `same_inputs` says whether both cells have the same, known inputs.
std::vector<BenchmarkComparison> JudgeExact(const std::vector<Matched>& matched, bool same_inputs,
                                            const Rules& rules, std::vector<Warning>& warnings);

// Clock tcg.
std::vector<BenchmarkComparison> ShowOnly(const std::vector<Matched>& matched);

// Name, unit, numbers of slices and costs, with no verdict yet.
BenchmarkComparison Describe(const Matched& matched);

}  // namespace procmark::compare

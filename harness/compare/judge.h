// SPDX-License-Identifier: MIT
// Judges the benchmarks that both sides have, one function for each kind of clock. Internal to
// compare.
#pragma once

#include <string>
#include <vector>

#include "harness/compare/comparison.h"
#include "harness/compare/rules.h"
#include "harness/compare/slices.h"

namespace procmark::compare {

// One benchmark with the slices of both sides. Neither list is empty, and both have the same unit.
struct Matched {
  std::string benchmark;
  SliceList a;
  SliceList b;
};

// Clocks wall and kvm. Slices are only paired if `same_run` is true.
std::vector<BenchmarkComparison> JudgeNoisy(const std::vector<Matched>& matched, bool same_run,
                                            const Rules& rules, std::vector<Warning>& warnings);

// Clock exact. `same_inputs`: the inputs of both cells are known and equal.
std::vector<BenchmarkComparison> JudgeExact(const std::vector<Matched>& matched, bool same_inputs,
                                            const Rules& rules, std::vector<Warning>& warnings);

// Clock tcg.
std::vector<BenchmarkComparison> ShowWithoutVerdict(const std::vector<Matched>& matched);

// Returns a comparison with name, unit, numbers of slices and costs, but without a verdict.
BenchmarkComparison Describe(const Matched& matched);

// The cost of one operation in each slice.
std::vector<double> CostsOf(const SliceList& slices);

}  // namespace procmark::compare

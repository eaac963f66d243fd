// SPDX-License-Identifier: MIT
// Synthetic runs for the tests of compare: no clock and no machine, but a fixed seed.
#pragma once

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "harness/store/run.h"

namespace procmark::compare {

inline store::Cell MakeCell(const std::string& name, store::Clock clock,
                            std::map<std::string, std::string> inputs = {}) {
  store::Cell cell;
  cell.name = name;
  cell.clock = clock;
  cell.inputs = std::move(inputs);
  return cell;
}

inline store::Run MakeRun(const std::string& id, std::vector<store::Cell> cells) {
  store::Run run;
  run.id = id;
  run.cells = std::move(cells);
  run.complete = true;
  return run;
}

inline void AddSlice(store::Run& run, const std::string& cell, const std::string& benchmark,
                     int64_t round, std::vector<int64_t> samples, int64_t operations = 1,
                     const std::string& unit = "ns") {
  store::Slice slice;
  slice.cell = cell;
  slice.round = round;
  slice.sequence = static_cast<int64_t>(run.slices.size());
  slice.slice.benchmark = benchmark;
  slice.slice.from = "call";
  slice.slice.to = "reaped";
  slice.slice.unit = unit;
  slice.slice.operations = operations;
  slice.slice.samples = std::move(samples);
  run.slices.push_back(std::move(slice));
}

inline void AddTest(store::Run& run, const std::string& cell, const std::string& test,
                    wire::TestVerdict verdict, const std::string& reason = "") {
  run.tests.push_back(
      {cell, {.test = test, .verdict = verdict, .reason = reason, .duration_ns = 1000}});
}

// Simulates a noisy virtual machine. The q25 of a slice has two disturbances: one that changes
// slowly and that both sides of a round partly share (time of day), and one of its own with heavy
// tails. The log ratio of a pair has a standard deviation of about 8 %, or 6.5 % without the tails.
class NoisyHost {
 public:
  explicit NoisyHost(uint64_t seed) : random_(seed) {}

  // The shared disturbance has an autocorrelation of 0.9 from round to round.
  void NextRound() { shared_ = 0.9 * shared_ + std::sqrt(1 - 0.81) * 0.10 * normal_(random_); }

  // One slice of an operation that costs `cost`: three samples around the q25.
  std::vector<int64_t> Samples(double cost) {
    const double outlier = uniform_(random_) < 0.05 ? 0.20 * std::abs(normal_(random_)) : 0.0;
    const double log_cost = std::log(cost) + shared_ + 0.046 * normal_(random_) + outlier;
    const auto q25 = static_cast<int64_t>(std::llround(std::exp(log_cost)));
    return {q25, q25, q25 + q25 / 5};
  }

  bool Coin() { return uniform_(random_) < 0.5; }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_{0.0, 1.0};
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
  double shared_ = 0;
};

// Adds rounds [first, first + count) of `benchmarks`, with both cells in random order. A benchmark
// costs `effect` times as much in cell "b" as in cell "a" (1 if it is not listed).
inline void AddRounds(store::Run& run, NoisyHost& host, int64_t first, int64_t count,
                      const std::vector<std::string>& benchmarks,
                      const std::map<std::string, double>& effect) {
  for (int64_t round = first; round < first + count; ++round) {
    for (const std::string& name : benchmarks) {
      host.NextRound();
      const auto found = effect.find(name);
      const double factor = found == effect.end() ? 1.0 : found->second;
      const bool b_first = host.Coin();
      for (int turn = 0; turn < 2; ++turn) {
        const bool is_b = (turn == 0) == b_first;
        AddSlice(run, is_b ? "b" : "a", name, round, host.Samples(is_b ? 1e6 * factor : 1e6));
      }
    }
  }
}

inline store::Run TwoNoisyCells() {
  return MakeRun("run-1", {MakeCell("a", store::Clock::kWall), MakeCell("b", store::Clock::kWall)});
}

}  // namespace procmark::compare

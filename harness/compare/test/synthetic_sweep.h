// SPDX-License-Identifier: MIT
// Synthetic runs of one sweep, fork/fds:*/to:reaped, with a known cost at each number of
// descriptors.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/compare/test/synthetic_run.h"

namespace procmark::compare {

inline std::string NameAt(int64_t fds) {
  return fds == 0 ? "fork/to:reaped" : "fork/fds:" + std::to_string(fds) + "/to:reaped";
}

inline const std::vector<int64_t> kDescriptors = {0, 64, 1024, 8192};

using Cost = std::function<double(int64_t fds)>;

inline store::Run ExactRun(const Cost& cost) {
  store::Run run = MakeRun("x", {MakeCell("guest", store::Clock::kExact)});
  for (const int64_t fds : kDescriptors) {
    const auto instructions = static_cast<int64_t>(cost(fds));
    AddSlice(run, "guest", NameAt(fds), 0, {instructions, instructions}, 1, "instructions");
  }
  return run;
}

// `rounds` rounds of cells a and b on a noisy host, at these costs.
inline store::Run NoisyRun(int64_t rounds, const Cost& a, const Cost& b) {
  store::Run run = TwoNoisyCells();
  NoisyHost host(7);
  for (int64_t round = 0; round < rounds; ++round) {
    for (const int64_t fds : kDescriptors) {
      host.NextRound();
      AddSlice(run, "a", NameAt(fds), round, host.Samples(a(fds)));
      AddSlice(run, "b", NameAt(fds), round, host.Samples(b(fds)));
    }
  }
  return run;
}

inline double Straight(int64_t fds) { return 50'000 + 30.0 * static_cast<double>(fds); }

}  // namespace procmark::compare

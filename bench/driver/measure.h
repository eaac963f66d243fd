// SPDX-License-Identifier: MIT
// Measures one slice: runs a fresh subject and makes its report an event of the wire.
#pragma once

#include <cstdint>
#include <variant>

#include "bench/driver/benchmark_list.h"
#include "bench/subject/slice.h"
#include "harness/wire/event.h"

namespace procmark::bench {

// A sample of a peer is a whole run of a tool, so there are few.
inline constexpr int64_t kMostPeerSamples = 2;

struct Settings {
  int64_t samples = 30;
  int64_t warmups = 5;
  subject::Clock clock = subject::Clock::kNanoseconds;
  int64_t counted = 5;  // samples with the counters on, after the recorded ones; 0: none
  int64_t slow_percent = 0;
  int64_t deadline_ms = 30'000;
};

using Measured = std::variant<wire::Slice, wire::Skip, wire::Refused>;

// Takes one slice of that benchmark. Refused, with the reason, if the subject crashes, hangs or
// refuses its numbers. Skip if it cannot measure here. Throws Complaint (lost) if no subject can be
// started.
Measured MeasureSlice(const ListedBenchmark& listed, const Settings& settings);

// The lower quartile (nearest rank). `samples` is not empty.
int64_t LowerQuartile(std::vector<int64_t> samples);

}  // namespace procmark::bench

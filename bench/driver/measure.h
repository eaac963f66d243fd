// Measures one slice: a fresh subject, its report made into an event of the wire.
#pragma once

#include <cstdint>
#include <variant>

#include "bench/driver/benchmark_list.h"
#include "bench/subject/slice.h"
#include "harness/wire/event.h"

namespace procmark::bench {

// A peer's sample is a whole run of a tool.
inline constexpr int64_t kMostPeerSamples = 2;

struct Settings {
  int64_t samples = 30;
  int64_t warmups = 5;
  subject::Clock clock = subject::Clock::kNanoseconds;
  int64_t counted = 5;  // samples of the counted pass, after the recorded ones; 0: none
  int64_t slow_percent = 0;
  int64_t deadline_ms = 30'000;
};

using Measured = std::variant<wire::Slice, wire::Skip, wire::Refused>;

// One slice of that benchmark. A subject that crashes, hangs or refuses its numbers gives Refused
// with the reason; one that cannot measure here gives Skip. Throws Complaint (lost) when no subject
// can be started.
Measured MeasureSlice(const Entry& entry, const Settings& settings);

// The value below which a quarter of the samples lie (nearest rank). `samples` is not empty.
int64_t LowerQuartile(std::vector<int64_t> samples);

}  // namespace procmark::bench

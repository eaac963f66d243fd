// SPDX-License-Identifier: MIT
// Finds a slice's samples in a profile: which reads of the clock are the edges of which sample.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/explain/profile.h"

namespace procmark::explain {

// The segments [begin, end) of one sample.
struct SampleSpan {
  size_t begin = 0;
  size_t end = 0;
  int64_t counted = 0;  // instructions in them
  int64_t idles = 0;    // how often the CPU stood still in them
};

// One span for each of `samples`, which are in instructions and in the order taken. Every span
// holds as many instructions as its sample says, give or take `tick`, the instructions of one tick
// of the guest's clock (1: none). Where the CPU stood still, QEMU's clock goes on without
// instructions, and a span may hold fewer. The first samples after `warmups` operations are taken
// where several would fit. Throws std::runtime_error with a sentence when none do.
std::vector<SampleSpan> MatchSamples(const Profile& profile, const std::vector<int64_t>& samples,
                                     double tick, int64_t warmups);

// The place of the sample that a comparison judges by: the first that is the lower quartile of all.
size_t LowerQuartileSample(const std::vector<int64_t>& samples);

}  // namespace procmark::explain

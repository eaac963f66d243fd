// SPDX-License-Identifier: MIT
#include "bench/driver/measure.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "bench/driver/cgroup.h"
#include "bench/driver/counts.h"
#include "bench/driver/launch.h"
#include "bench/driver/tick.h"

namespace procmark::bench {
namespace {

static_assert(subject::kMostSamples == wire::kMostSamples);

std::string Reason(const subject::Report& report) {
  return {report.reason, ::strnlen(report.reason, sizeof report.reason)};
}

void FillConfig(const ListedBenchmark& listed, const Settings& settings, subject::Clock clock,
                subject::Config& config) {
  config.order = subject::Order::kMeasure;
  config.clock = clock;
  config.samples = static_cast<uint32_t>(settings.samples);
  config.warmups = static_cast<uint32_t>(settings.warmups);
  config.slow_percent = static_cast<uint32_t>(settings.slow_percent);
  config.counted = static_cast<uint32_t>(settings.counted);
  config.shape = listed.shape;
  config.amount = listed.amount;
  listed.base.copy(config.benchmark, sizeof config.benchmark - 1);
}

// Leaves out what could not be read.
std::map<std::string, double> FootprintOf(const subject::Report& report) {
  const subject::Footprint& footprint = report.footprint;
  std::map<std::string, double> shown;
  const auto add = [&](const char* name, int64_t value) {
    if (value >= 0) shown[name] = static_cast<double>(value);
  };
  add("rss_kib", footprint.rss_kib);
  add("vmas", footprint.vmas);
  add("fds", footprint.fds);
  add("threads", footprint.threads);
  add("page_bytes", ::sysconf(_SC_PAGESIZE));
  return shown;
}

// Adds the CPUs of each sample's edges, if they can differ, and how often they did.
void AddCpus(const subject::Pages& pages, wire::Slice& slice) {
  const uint32_t placed = pages.report.placed;
  if (placed != slice.samples.size() || ::sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
  double elsewhere = 0;
  for (uint32_t i = 0; i < placed; ++i) {
    const subject::Cpus& cpus = pages.cpus[i];
    slice.from_cpus.push_back(cpus.from);
    slice.to_cpus.push_back(cpus.to);
    if (cpus.from != cpus.to) ++elsewhere;
  }
  slice.counts["elsewhere"] = elsewhere / placed;
}

// Limits and peers do not repeat their operations for the counters.
void LeaveCountersOut(wire::Slice& slice) {
  for (const char* name : {"migrations", "hardware_counters"})
    slice.absent[name] = "limits and peers do not repeat their operations for the counters";
}

Measured MeasurePeer(const ListedBenchmark& listed, const Settings& settings) {
  if (settings.clock == subject::Clock::kTicks)
    return wire::Skip{listed.name, "a peer reads its own clock, which does not count instructions"};
  PeerRuns runs =
      RunPeer(*listed.peer, std::min(settings.samples, kMostPeerSamples), settings.deadline_ms);
  if (!runs.skip.empty()) return wire::Skip{listed.name, runs.skip};
  if (!runs.refused.empty()) return wire::Refused{listed.name, runs.refused};
  wire::Slice slice;
  slice.benchmark = listed.name;
  slice.from = listed.from;
  slice.to = listed.to;
  slice.unit = "ns";
  slice.operations = listed.peer->operations;
  slice.samples = std::move(runs.samples);
  if (settings.counted > 0) LeaveCountersOut(slice);
  return slice;
}

}  // namespace

Measured MeasureSlice(const ListedBenchmark& listed, const Settings& settings) {
  if (listed.peer != nullptr) return MeasurePeer(listed, settings);
  const bool ticks = settings.clock == subject::Clock::kTicks;
  const TickClock tick_clock = ticks ? FindTickClock() : TickClock{settings.clock, {}};
  SharedPages pages;
  FillConfig(listed, settings, tick_clock.clock, pages->config);
  std::optional<CgroupTree> cgroups;
  Extras extras;
  extras.exec_programs = listed.family == "exec";
  if (listed.shape.cgroups > 0 || listed.Has("cgroup")) {
    cgroups.emplace(listed.shape.cgroups);
    if (!cgroups->Trouble().empty()) return wire::Skip{listed.name, cgroups->Trouble()};
    extras.cgroup_entrance = cgroups->Entrance();
    if (listed.Has("cgroup")) extras.cgroup_apart = cgroups->Apart();
  }
  const std::string trouble = RunEmbedded(*listed.program, pages, settings.deadline_ms, extras);
  const subject::Report& report = pages->report;
  if (!trouble.empty()) return wire::Refused{listed.name, trouble};
  if (report.outcome == subject::Outcome::kSkip) return wire::Skip{listed.name, Reason(report)};
  if (report.outcome == subject::Outcome::kRefused)
    return wire::Refused{listed.name, Reason(report)};
  if (report.outcome != subject::Outcome::kDone ||
      report.recorded != static_cast<uint32_t>(settings.samples) || report.operations < 1)
    return wire::Refused{listed.name, "the subject ended without a complete report"};
  wire::Slice slice;
  slice.benchmark = listed.name;
  slice.from = listed.from;
  slice.to = listed.to;
  slice.unit = ticks ? "instructions" : "ns";
  slice.operations = report.operations;
  slice.warmups = settings.warmups * report.operations;
  for (uint32_t i = 0; i < report.recorded; ++i)
    slice.samples.push_back(tick_clock.worth.Instructions(pages->samples[i]));
  Counts counts = CountsOf(report, listed.uncounted);
  slice.counts = std::move(counts.counts);
  slice.absent = std::move(counts.absent);
  if (listed.Has("limit") && settings.counted > 0) LeaveCountersOut(slice);
  if (ticks) slice.counts["clock_tick_instructions"] = tick_clock.worth.InstructionsPerTick();
  AddCpus(*pages, slice);
  slice.footprint = FootprintOf(report);
  return slice;
}

int64_t LowerQuartile(std::vector<int64_t> samples) {
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 4);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

}  // namespace procmark::bench

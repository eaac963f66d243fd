// From a subject's report to an event.
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

void FillConfig(const Entry& entry, const Settings& settings, subject::Clock clock,
                subject::Config& config) {
  config.order = subject::Order::kMeasure;
  config.clock = clock;
  config.samples = static_cast<uint32_t>(settings.samples);
  config.warmups = static_cast<uint32_t>(settings.warmups);
  config.slow_percent = static_cast<uint32_t>(settings.slow_percent);
  config.counted = static_cast<uint32_t>(settings.counted);
  config.shape = entry.shape;
  config.amount = entry.amount;
  entry.base.copy(config.benchmark, sizeof config.benchmark - 1);
}

// What could not be read is left out, not zero.
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

// Which CPUs the edges were on, where they may differ, and how often they did.
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

// Neither limits nor peers are measured a second time for counters.
void LeaveCountersOut(wire::Slice& slice) {
  for (const char* name : {"migrations", "hardware_counters"})
    slice.absent[name] = "only our own benchmarks are done once more for counters";
}

Measured MeasurePeer(const Entry& entry, const Settings& settings) {
  if (settings.clock == subject::Clock::kTicks)
    return wire::Skip{entry.name, "a peer reads its own clock, which counts no instructions"};
  PeerRuns runs =
      RunPeer(*entry.peer, std::min(settings.samples, kMostPeerSamples), settings.deadline_ms);
  if (!runs.skip.empty()) return wire::Skip{entry.name, runs.skip};
  if (!runs.refused.empty()) return wire::Refused{entry.name, runs.refused};
  wire::Slice slice;
  slice.benchmark = entry.name;
  slice.from = entry.from;
  slice.to = entry.to;
  slice.unit = "ns";
  slice.operations = entry.peer->operations;
  slice.samples = std::move(runs.samples);
  if (settings.counted > 0) LeaveCountersOut(slice);
  return slice;
}

}  // namespace

Measured MeasureSlice(const Entry& entry, const Settings& settings) {
  if (entry.peer != nullptr) return MeasurePeer(entry, settings);
  const bool ticks = settings.clock == subject::Clock::kTicks;
  const TickClock tick_clock = ticks ? FindTickClock() : TickClock{settings.clock, {}};
  SharedPages pages;
  FillConfig(entry, settings, tick_clock.clock, pages->config);
  std::optional<CgroupTree> cgroups;
  Extras extras;
  extras.exec_programs = entry.family == "exec";
  if (entry.shape.cgroups > 0 || entry.Has("cgroup")) {
    cgroups.emplace(entry.shape.cgroups);
    if (!cgroups->Trouble().empty()) return wire::Skip{entry.name, cgroups->Trouble()};
    extras.cgroup_entrance = cgroups->Entrance();
    if (entry.Has("cgroup")) extras.cgroup_apart = cgroups->Apart();
  }
  const std::string trouble = RunEmbedded(*entry.program, pages, settings.deadline_ms, extras);
  const subject::Report& report = pages->report;
  if (!trouble.empty()) return wire::Refused{entry.name, trouble};
  if (report.outcome == subject::Outcome::kSkip) return wire::Skip{entry.name, Reason(report)};
  if (report.outcome == subject::Outcome::kRefused)
    return wire::Refused{entry.name, Reason(report)};
  if (report.outcome != subject::Outcome::kDone ||
      report.recorded != static_cast<uint32_t>(settings.samples) || report.operations < 1)
    return wire::Refused{entry.name, "the subject ended without a whole report"};
  wire::Slice slice;
  slice.benchmark = entry.name;
  slice.from = entry.from;
  slice.to = entry.to;
  slice.unit = ticks ? "instructions" : "ns";
  slice.operations = report.operations;
  slice.warmups = settings.warmups * report.operations;
  for (uint32_t i = 0; i < report.recorded; ++i)
    slice.samples.push_back(tick_clock.worth.Instructions(pages->samples[i]));
  Counts counts = CountsOf(report, entry.uncounted);
  slice.counts = std::move(counts.counts);
  slice.absent = std::move(counts.absent);
  if (entry.Has("limit") && settings.counted > 0) LeaveCountersOut(slice);
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

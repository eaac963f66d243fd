// From a subject's report to an event.
#include "bench/measure.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "bench/launch.h"
#include "bench/tick.h"

namespace procmark::bench {
namespace {

std::string Reason(const subject::Report& report) {
  return {report.reason, ::strnlen(report.reason, sizeof report.reason)};
}

void FillConfig(const Entry& entry, const Settings& settings, subject::Config& config) {
  config.order = subject::Order::kMeasure;
  config.clock = settings.clock;
  config.samples = static_cast<uint32_t>(settings.samples);
  config.warmups = static_cast<uint32_t>(settings.warmups);
  config.slow_percent = static_cast<uint32_t>(settings.slow_percent);
  config.shape = entry.shape;
  entry.base.copy(config.benchmark, sizeof config.benchmark - 1);
}

std::map<std::string, double> Counts(const subject::Report& report) {
  const subject::Totals& totals = report.totals;
  const double operations =
      static_cast<double>(report.recorded) * static_cast<double>(report.operations);
  const auto per_operation = [&](int64_t total) { return static_cast<double>(total) / operations; };
  return {{"minor_faults", per_operation(totals.minor_faults)},
          {"major_faults", per_operation(totals.major_faults)},
          {"voluntary_switches", per_operation(totals.voluntary_switches)},
          {"involuntary_switches", per_operation(totals.involuntary_switches)},
          {"children", per_operation(totals.children)},
          {"clock_by_syscall", static_cast<double>(totals.clock_by_system)}};
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
  return shown;
}

}  // namespace

Measured MeasureSlice(const Entry& entry, const Settings& settings) {
  const bool ticks = settings.clock == subject::Clock::kTicks;
  const TickWorth worth = ticks ? ReadTickWorth() : TickWorth{};
  SharedPages pages;
  FillConfig(entry, settings, pages->config);
  const std::string trouble = RunEmbedded(*entry.program, pages, settings.deadline_ms);
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
    slice.samples.push_back(worth.Instructions(pages->samples[i]));
  slice.counts = Counts(report);
  slice.footprint = FootprintOf(report);
  return slice;
}

int64_t LowerQuartile(std::vector<int64_t> samples) {
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 4);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

}  // namespace procmark::bench

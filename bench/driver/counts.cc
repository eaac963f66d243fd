// SPDX-License-Identifier: MIT
#include "bench/driver/counts.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

namespace procmark::bench {
namespace {

using subject::kCounterKinds;
using subject::kCounters;
using subject::kFirstCpuCounter;

constexpr const char* kMigrations = kCounterKinds[subject::kMigrations].name;

std::string WhyNot(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return "this machine has no such counter (no PMU, or none for a guest)";
    case EACCES:
    case EPERM:
      return "not permitted (kernel.perf_event_paranoid, or a seccomp filter)";
    case ENOSYS:
      return "this kernel has no perf_event_open(2)";
    case EOPNOTSUPP:
    case EINVAL:
      return "this CPU cannot count it, or not for user and kernel separately";
    default:
      return "perf_event_open(2) or its read failed: errno " + std::to_string(error);
  }
}

void AddCounters(const subject::Report& report, double operations, Counts& counts) {
  double share = 1;
  std::set<std::string> reasons;
  std::map<std::string, std::string> absent_of_cpu;
  for (uint32_t i = 0; i < kCounters; ++i) {
    const subject::CounterReading& reading = report.counters[i];
    const std::string why = reading.error != 0 ? WhyNot(reading.error)
                            : reading.running_ns <= 0 && reading.enabled_ns > 0
                                ? "other counters used the CPU's counters all the time"
                                : "";
    if (!why.empty()) {
      (i < kFirstCpuCounter ? counts.absent : absent_of_cpu)[kCounterKinds[i].name] = why;
      if (i >= kFirstCpuCounter) reasons.insert(why);
      continue;
    }
    const double running = reading.enabled_ns > 0 ? static_cast<double>(reading.running_ns) /
                                                        static_cast<double>(reading.enabled_ns)
                                                  : 1;
    counts.counts[kCounterKinds[i].name] =
        static_cast<double>(reading.value) / running / operations;
    if (i >= kFirstCpuCounter) share = std::min(share, running);
  }
  if (absent_of_cpu.size() == kCounters - kFirstCpuCounter && reasons.size() == 1) {
    counts.absent["hardware_counters"] = *reasons.begin();
    return;
  }
  counts.absent.merge(absent_of_cpu);
  counts.counts["counter_share"] = share;
}

void Remove(const std::vector<std::string>& names, const char* reason, Counts& counts) {
  for (const std::string& name : names) {
    counts.counts.erase(name);
    counts.absent.emplace(name, reason);
  }
}

// Removes the counts that would include some of the working tasks and not others.
void RemoveUncounted(uint32_t uncounted, Counts& counts) {
  if ((uncounted & static_cast<uint32_t>(subject::Uncounted::kUsage)) != 0)
    Remove({"minor_faults", "major_faults", "voluntary_switches", "involuntary_switches"},
           "the working tasks are not reaped, or do more than is timed", counts);
  const bool counters = (uncounted & static_cast<uint32_t>(subject::Uncounted::kCounters)) != 0;
  if (counters && counts.absent.size() + counts.counts.count(kMigrations) > 0) {
    counts.counts.erase("migrations_of_caller");
    counts.counts.erase("counter_share");
    std::vector<std::string> names;
    for (const subject::CounterKind& kind : kCounterKinds) {
      if (!counts.absent.contains("hardware_counters") ||
          &kind == &kCounterKinds[subject::kMigrations])
        names.emplace_back(kind.name);
    }
    Remove(names, "the working tasks began before the counters", counts);
  }
}

}  // namespace

Counts CountsOf(const subject::Report& report, uint32_t uncounted) {
  const subject::Totals& totals = report.totals;
  const double operations =
      static_cast<double>(report.recorded) * static_cast<double>(report.operations);
  const auto per_operation = [&](int64_t total) { return static_cast<double>(total) / operations; };
  Counts counts;
  counts.counts = {{"minor_faults", per_operation(totals.minor_faults)},
                   {"major_faults", per_operation(totals.major_faults)},
                   {"voluntary_switches", per_operation(totals.voluntary_switches)},
                   {"involuntary_switches", per_operation(totals.involuntary_switches)},
                   {"children", per_operation(totals.children)},
                   {"clock_by_syscall", static_cast<double>(totals.clock_by_system)}};
  if (totals.huge_splits >= 0) counts.counts["thp_splits"] = per_operation(totals.huge_splits);
  if (totals.last_through > 0)
    counts.counts["fairness"] =
        static_cast<double>(totals.first_through) / static_cast<double>(totals.last_through);
  if (report.counted > 0) {
    const double counted = static_cast<double>(report.counted);
    AddCounters(report, counted * static_cast<double>(report.operations), counts);
    const auto migrations = counts.absent.find(kMigrations);
    if (migrations != counts.absent.end() && totals.own_migrations >= 0) {
      migrations->second += "; migrations_of_caller does not include its children";
      counts.counts["migrations_of_caller"] = per_operation(totals.own_migrations);
    }
  }
  RemoveUncounted(uncounted, counts);
  return counts;
}

}  // namespace procmark::bench

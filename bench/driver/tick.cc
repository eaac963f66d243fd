// SPDX-License-Identifier: MIT
// Reads the counter's frequency, for each architecture.
#include "bench/driver/tick.h"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "bench/subject/clock.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"

namespace procmark::bench {

#if defined(__x86_64__)

// QEMU's TSC under -icount runs at 1 GHz (cpu_get_tsc, target/i386).
TickClock FindTickClock() { return {subject::Clock::kTicks, {1, 1}}; }

#elif defined(__s390x__)

// Bit 51 of the TOD clock is a microsecond, so a nanosecond is 4.096 units. ReadTicks() halves
// them.
TickClock FindTickClock() { return {subject::Clock::kTicks, {125, 256}}; }

#elif defined(__aarch64__)

TickClock FindTickClock() {
  int64_t hertz = 0;
  asm("mrs %0, cntfrq_el0" : "=r"(hertz));
  if (hertz <= 0) sys::ThrowLost("the counter's frequency (cntfrq_el0) is not set");
  return {subject::Clock::kTicks, {1'000'000'000, hertz}};
}

#elif defined(__arm__)

TickClock FindTickClock() {
  uint32_t hertz = 0;
  asm("mrc p15, 0, %0, c14, c0, 0" : "=r"(hertz));
  if (hertz == 0) sys::ThrowLost("the counter's frequency (CNTFRQ) is not set");
  return {subject::Clock::kTicks, {1'000'000'000, hertz}};
}

#elif defined(__riscv)

namespace {

constexpr long long kProbeDeadlineMs = 10'000;

// Whether programs may read `cycle`, and it counts. The SBI PMU driver stops it (drivers/perf/
// riscv_pmu_sbi.c, pmu_sbi_starting_cpu). If scounteren forbids it, a read causes SIGILL.
bool CycleRunsFree() {
  sys::Result<sys::Child> reader = sys::Child::Fork([] {
    std::signal(SIGILL, SIG_DFL);
    const int64_t first = subject::ReadTicks(subject::Clock::kTicks);
    return subject::ReadTicks(subject::Clock::kTicks) > first ? 0 : 1;
  });
  if (!reader) sys::ThrowLost("no child could be created to try the cycle counter");
  const sys::Result<std::optional<int>> status =
      reader.Value().Wait(sys::Deadline::After(kProbeDeadlineMs));
  return status && status.Value() && *status.Value() == 0;
}

}  // namespace

// `cycle` advances with -icount's virtual time (QEMU target/riscv/csr.c, get_ticks), and `time`
// does at the device tree's frequency.
TickClock FindTickClock() {
  if (CycleRunsFree()) return {subject::Clock::kTicks, {1, 1}};
  const char* path = "/proc/device-tree/cpus/timebase-frequency";
  const sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text || (text.Value().size() != 4 && text.Value().size() != 8))
    sys::ThrowLost(std::string("the counter's frequency cannot be read from ") + path);
  int64_t hertz = 0;  // big-endian, as everything in a device tree
  for (const char byte : text.Value()) hertz = hertz * 256 + static_cast<unsigned char>(byte);
  if (hertz <= 0) sys::ThrowLost(std::string(path) + " is zero");
  return {subject::Clock::kCoarseTicks, {1'000'000'000, hertz}};
}

#elif defined(__powerpc64__)

TickClock FindTickClock() {
  const sys::Result<std::string> text = sys::ReadSmallFile("/proc/cpuinfo");
  const std::string label = "timebase\t: ";
  const size_t at = text ? text.Value().find(label) : std::string::npos;
  const int64_t hertz =
      at == std::string::npos ? 0 : std::atoll(text.Value().c_str() + at + label.size());
  if (hertz <= 0) sys::ThrowLost("the counter's frequency is not in /proc/cpuinfo (timebase)");
  return {subject::Clock::kTicks, {1'000'000'000, hertz}};
}

#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif

}  // namespace procmark::bench

// SPDX-License-Identifier: MIT
#include "harness/cell/host.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/sys/child.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

using Facts = std::map<std::string, std::string>;

constexpr long long kVersionDeadlineMs = 20'000;

void AddFile(Facts& facts, const std::string& key, const std::string& path) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text) return;
  std::string value = text.Value();
  while (!value.empty() && (value.back() == '\n' || value.back() == '\0')) value.pop_back();
  if (!value.empty()) facts[key] = value;
}

// The first "name : value" line of a file such as /proc/cpuinfo.
void AddLine(Facts& facts, const std::string& key, const std::string& path,
             const std::string& name) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text) return;
  std::istringstream lines(text.Value());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const size_t value = line.find_first_not_of(" \t:=\"", name.size());
    if (value == std::string::npos) continue;
    facts[key] = line.substr(value, line.find_last_not_of(" \t\"\n") - value + 1);
    return;
  }
}

}  // namespace

std::map<std::string, std::string> DescribeHost() {
  Facts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts["kernel.release"] = name.release;
    facts["kernel.version"] = name.version;
    facts["kernel.machine"] = name.machine;
  }
  AddLine(facts, "os", "/etc/os-release", "PRETTY_NAME");
  AddLine(facts, "cpu.model", "/proc/cpuinfo", "model name");
  AddLine(facts, "cpu.microcode", "/proc/cpuinfo", "microcode");
  AddLine(facts, "memory.total", "/proc/meminfo", "MemTotal");
  AddFile(facts, "kernel.cmdline", "/proc/cmdline");
  AddFile(facts, "cpu.online", "/sys/devices/system/cpu/online");
  AddFile(facts, "cpu.smt", "/sys/devices/system/cpu/smt/active");
  AddFile(facts, "cpu.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  AddFile(facts, "clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  AddFile(facts, "thp", "/sys/kernel/mm/transparent_hugepage/enabled");
  AddFile(facts, "machine", "/sys/class/dmi/id/product_name");
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/devices/system/cpu/vulnerabilities", missing)) {
    AddFile(facts, "mitigations." + entry.path().filename().string(), entry.path().string());
  }
  facts["user"] = ::geteuid() == 0 ? "root" : "ordinary user";
  return facts;
}

std::string WhyNoHardwareCounters() {
  perf_event_attr attribute{};
  attribute.size = sizeof attribute;
  attribute.type = PERF_TYPE_HARDWARE;
  attribute.config = PERF_COUNT_HW_INSTRUCTIONS;
  attribute.exclude_kernel = 1;
  const long fd = ::syscall(SYS_perf_event_open, &attribute, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) return sys::LastError("perf_event_open").Text();
  const sys::Fd counter(static_cast<int>(fd));
  return "";
}

std::filesystem::path FindOnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  if (program.find('/') != std::string::npos || path == nullptr) return program;
  for (const std::string& folder : sys::SplitNonEmpty(path, ':')) {
    const std::filesystem::path file = std::filesystem::path(folder) / program;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return program;
}

std::string QemuVersion(const std::string& program) {
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand({program, "--version"}, sys::Deadline::After(kVersionDeadlineMs));
  if (!output || output.Value().status != 0) return "";
  return output.Value().out.substr(0, output.Value().out.find('\n'));
}

int64_t StolenTicks() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  int64_t ticks = 0;
  stat >> cpu;
  // user nice system idle iowait irq softirq steal
  for (int field = 0; field < 8 && stat; ++field) stat >> ticks;
  return stat ? ticks : 0;
}

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
#include "images/guest/boot_facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::guest {
namespace {

constexpr const char* kClocksource =
    "/sys/devices/system/clocksource/clocksource0/current_clocksource";
constexpr const char* kTainted = "/proc/sys/kernel/tainted";
constexpr const char* kVulnerabilities = "/sys/devices/system/cpu/vulnerabilities";

// A small file without its last newline; "" when it cannot be read.
std::string Line(const std::string& path) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text) return "";
  std::string line = std::move(text).Value();
  while (!line.empty() && (line.back() == '\n' || line.back() == '\0')) line.pop_back();
  return line;
}

// "always [madvise] never" -> "madvise".
std::string Chosen(const std::string& line) {
  const size_t open = line.find('[');
  const size_t close = line.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return line;
  return line.substr(open + 1, close - open - 1);
}

// The value of the first "NAME : value" line of /proc/cpuinfo.
std::string CpuInfo(const std::string& name) {
  std::istringstream lines(Line("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

wire::Boot ReadBootFacts() {
  wire::Boot boot;
  utsname name{};
  if (::uname(&name) == 0) {
    boot.release = name.release;
    boot.version = name.version;
    boot.machine = name.machine;
  }
  boot.cmdline = Line("/proc/cmdline");
  boot.clocksource = Line(kClocksource);
  const auto add = [&boot](const std::string& fact, const std::string& value) {
    if (!value.empty()) boot.facts[fact] = value;
  };
  add("thp.enabled", Chosen(Line("/sys/kernel/mm/transparent_hugepage/enabled")));
  add("aslr", Line("/proc/sys/kernel/randomize_va_space"));
  add("cpus.online", Line("/sys/devices/system/cpu/online"));
  add("cpu.model", CpuInfo("model name"));
  add("page_size_bytes", std::to_string(::sysconf(_SC_PAGESIZE)));
  add("memory_pages", std::to_string(::sysconf(_SC_PHYS_PAGES)));
  add("tainted", std::to_string(ReadTainted()));
  add("overcommit", Line("/proc/sys/vm/overcommit_memory"));
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(kVulnerabilities, unreadable)) {
    add("mitigation." + entry.path().filename().string(), Line(entry.path().string()));
  }
  return boot;
}

int64_t ReadTainted() { return sys::ParseNumber<int64_t>(Line(kTainted)).value_or(0); }

std::string CommandLineValue(const std::string& command_line, const std::string& name) {
  std::istringstream words(command_line);
  std::string value;
  for (std::string word; words >> word;) {
    if (word.starts_with(name + "=")) value = word.substr(name.size() + 1);
  }
  return value;
}

}  // namespace procmark::guest

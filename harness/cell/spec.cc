#include "harness/cell/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

constexpr std::array<std::string_view, 6> kArchitectures = {"amd64",   "arm64", "riscv64",
                                                            "ppc64el", "s390x", "armhf"};
constexpr int64_t kLeastMemoryMib = 128;
constexpr int64_t kMostMemoryMib = 1 << 20;
constexpr int64_t kMostSlowPercent = 1000;
constexpr int64_t kMostCpus = 64;
constexpr int64_t kMostNodes = 8;

int64_t ParseNumber(std::string_view cell, std::string_view axis, std::string_view value,
                    int64_t least, int64_t most) {
  return sys::RequireNumber(fmt::format("cell '{}': axis '{}'", cell, axis), value, least, most);
}

bool AreModuleNames(const std::string& text) {
  return std::ranges::all_of(sys::Split(text, ','), [](const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
  });
}

void ApplyAxis(std::string_view cell, const std::string& axis, CellSpec& spec) {
  const size_t equals = axis.find('=');
  const std::string name = axis.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : axis.substr(equals + 1);
  if (name == "slow") {
    spec.slow_percent = ParseNumber(cell, name, value, 0, kMostSlowPercent);
  } else if (name == "mem" && !spec.native) {
    spec.memory_mib = ParseNumber(cell, name, value, kLeastMemoryMib, kMostMemoryMib);
  } else if (name == "cmdline" && !spec.native && !value.empty()) {
    spec.extra_cmdline = value;
  } else if (name == "cpus" && !spec.native) {
    spec.cpus = ParseNumber(cell, name, value, 1, kMostCpus);
  } else if (name == "nodes" && !spec.native) {
    spec.nodes = ParseNumber(cell, name, value, 1, kMostNodes);
  } else if (name == "modules" && !spec.native && AreModuleNames(value)) {
    spec.modules = value;
  } else if (name == "lab" && !spec.native && (value == "on" || value == "off")) {
    spec.lab = value == "on";
  } else if (name == "userland" && !spec.native && (value == "on" || value == "off")) {
    spec.userland = value == "on";
  } else if (name == "qemu" && !spec.native && !value.empty()) {
    spec.qemu = value;
  } else {
    sys::ThrowUsage(fmt::format(
        "cell '{}': unknown axis '{}'; a guest has slow=PERCENT, mem=MIB, cpus=N, "
        "nodes=N, cmdline=PARAMETERS, modules=NAME,NAME, lab=on, userland=on and qemu=FOLDER, the "
        "bare machine has slow=PERCENT",
        cell, axis));
  }
}

store::Clock ParseClock(std::string_view cell, const std::string& text) {
  if (text == "exact") return store::Clock::kExact;
  if (text == "kvm") return store::Clock::kKvm;
  if (text == "tcg") return store::Clock::kTcg;
  sys::ThrowUsage(
      fmt::format("cell '{}': unknown clock '{}'; it is one of exact, kvm, tcg", cell, text));
}

void ParseGuest(std::string_view cell, const std::string& place, CellSpec& spec) {
  const std::vector<std::string> parts = sys::Split(place, '/');
  if (parts.size() < 4) {
    sys::ThrowUsage(
        fmt::format("unknown cell '{}': a cell is 'native' or ARCH/KERNEL/CPU/CLOCK, "
                    "e.g. amd64/debian-6.1/max/exact",
                    cell));
  }
  spec.arch = parts.front();
  if (std::ranges::find(kArchitectures, spec.arch) == kArchitectures.end()) {
    sys::ThrowUsage(fmt::format("cell '{}': unknown architecture '{}'; it is one of {}", cell,
                                spec.arch, fmt::join(kArchitectures, ", ")));
  }
  spec.clock = ParseClock(cell, parts.back());
  spec.cpu = parts[parts.size() - 2];
  spec.kernel = parts[1];
  for (size_t i = 2; i + 2 < parts.size(); ++i) spec.kernel += "/" + parts[i];
  if (spec.cpu.empty() || spec.kernel.empty()) {
    sys::ThrowUsage(fmt::format("cell '{}': kernel and CPU must not be empty", cell));
  }
  if (spec.cpu == "host" && spec.clock != store::Clock::kKvm) {
    sys::ThrowUsage(fmt::format("cell '{}': CPU 'host' exists under kvm only; name a model", cell));
  }
}

// Where the first '+' of the axes stands. A kernel's path may hold a '+' and an axis's folder a
// slash: the place ends at the first clock.
size_t FirstAxis(std::string_view text) {
  size_t first = std::string_view::npos;
  for (const std::string_view clock : {"/exact+", "/kvm+", "/tcg+"}) {
    const size_t at = text.find(clock);
    if (at != std::string_view::npos) first = std::min(first, at + clock.size() - 1);
  }
  if (first != std::string_view::npos) return first;
  const size_t slash = text.rfind('/');
  return text.find('+', slash == std::string_view::npos ? 0 : slash);
}

}  // namespace

std::string CellSpec::Name() const {
  const CellSpec defaults;
  std::string name =
      native ? "native" : fmt::format("{}/{}/{}/{}", arch, kernel, cpu, store::ClockName(clock));
  if (slow_percent != defaults.slow_percent) name += fmt::format("+slow={}", slow_percent);
  if (memory_mib != defaults.memory_mib) name += fmt::format("+mem={}", memory_mib);
  if (cpus != defaults.cpus) name += fmt::format("+cpus={}", cpus);
  if (nodes != defaults.nodes) name += fmt::format("+nodes={}", nodes);
  if (!extra_cmdline.empty()) name += fmt::format("+cmdline={}", extra_cmdline);
  if (!modules.empty()) name += fmt::format("+modules={}", modules);
  if (lab) name += "+lab=on";
  if (userland) name += "+userland=on";
  if (!qemu.empty()) name += fmt::format("+qemu={}", qemu);
  return name;
}

CellSpec CellSpec::WithKernelVersion(const std::string& version) const {
  CellSpec pinned = *this;
  const bool open = kernel.starts_with("debian-") && kernel.find('=') == std::string::npos;
  if (open && !version.empty()) pinned.kernel += "=" + version;
  return pinned;
}

CellSpec CellSpec::Parse(std::string_view text) {
  CellSpec spec;
  const size_t plus = FirstAxis(text);
  const std::string place(text.substr(0, plus));
  spec.native = place == "native";
  if (!spec.native) ParseGuest(text, place, spec);
  if (plus != std::string_view::npos) {
    for (const std::string& axis : sys::Split(text.substr(plus + 1), '+'))
      ApplyAxis(text, axis, spec);
  }
  return spec;
}

}  // namespace procmark::cell

#include "harness/cell/axis.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cell/spec.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

constexpr const char* kNames[] = {"arch",    "kernel",  "cpu", "clock",    "mem",  "cpus", "nodes",
                                  "cmdline", "modules", "lab", "userland", "qemu", "slow"};

struct Axis {
  std::string name;
  std::vector<std::string> values;
};

Axis ParseAxis(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    sys::ThrowUsage(fmt::format(
        "axis '{}' must be NAME=VALUE,VALUE…, e.g. cpu=qemu64,Haswell,max or mem=256,512", text));
  }
  const std::string values = text.substr(equals + 1);
  const char separator = values.find(';') == std::string::npos ? ',' : ';';
  return {text.substr(0, equals), sys::Split(values, separator)};
}

// `spec` with one thing changed. The parts of the name are set here, the rest goes through Parse().
CellSpec With(const CellSpec& spec, const std::string& name, const std::string& value) {
  CellSpec changed = spec;
  if (name == "arch" || name == "kernel" || name == "cpu" || name == "clock") {
    if (value.empty()) sys::ThrowUsage(fmt::format("axis '{}' has an empty value", name));
    const std::string place =
        fmt::format("{}/{}/{}/{}", name == "arch" ? value : spec.arch,
                    name == "kernel" ? value : spec.kernel, name == "cpu" ? value : spec.cpu,
                    name == "clock" ? value : std::string(store::ClockName(spec.clock)));
    const CellSpec parsed = CellSpec::Parse(place);
    changed.arch = parsed.arch;
    changed.kernel = parsed.kernel;
    changed.cpu = parsed.cpu;
    changed.clock = parsed.clock;
    return changed;
  }
  const CellSpec defaults;
  const CellSpec parsed =
      value.empty()
          ? defaults
          : CellSpec::Parse(fmt::format("{}/{}/{}/{}+{}={}", spec.arch, spec.kernel, spec.cpu,
                                        store::ClockName(spec.clock), name, value));
  if (name == "mem") changed.memory_mib = parsed.memory_mib;
  if (name == "cpus") changed.cpus = parsed.cpus;
  if (name == "cmdline") changed.extra_cmdline = parsed.extra_cmdline;
  if (name == "nodes") changed.nodes = parsed.nodes;
  if (name == "modules") changed.modules = parsed.modules;
  if (name == "lab") changed.lab = parsed.lab;
  if (name == "userland") changed.userland = parsed.userland;
  if (name == "qemu") changed.qemu = parsed.qemu;
  if (name == "slow") changed.slow_percent = parsed.slow_percent;
  return changed;
}

}  // namespace

std::string AxisNames() { return fmt::format("{}", fmt::join(kNames, ", ")); }

std::vector<std::string> MultiplyByAxes(const std::vector<std::string>& cells,
                                        const std::vector<std::string>& axes) {
  std::vector<std::string> names = cells;
  for (const std::string& text : axes) {
    const Axis axis = ParseAxis(text);
    if (std::ranges::find(kNames, axis.name) == std::end(kNames)) {
      sys::ThrowUsage(fmt::format("unknown axis '{}'; it is one of {}", axis.name, AxisNames()));
    }
    std::vector<std::string> multiplied;
    bool guests = false;
    for (const std::string& name : names) {
      const CellSpec spec = CellSpec::Parse(name);
      guests = guests || !spec.native;
      if (spec.native) multiplied.push_back(name);
      for (const std::string& value : axis.values) {
        if (!spec.native) multiplied.push_back(With(spec, axis.name, value).Name());
      }
    }
    if (!guests) {
      sys::ThrowUsage(fmt::format("axis '{}' varies guests, but no cell is one", axis.name));
    }
    names = std::move(multiplied);
  }
  return names;
}

}  // namespace procmark::cell

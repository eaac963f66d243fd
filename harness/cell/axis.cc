// SPDX-License-Identifier: MIT
#include "harness/cell/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

using Where = Axis::Where;
using store::Clock;

bool IsArchitecture(const std::string& value) { return sys::FindArch(value) != nullptr; }

bool IsNotEmpty(const std::string& value) { return !value.empty(); }

bool AreModuleNames(const std::string& value) {
  return std::ranges::all_of(sys::Split(value, ','), [](const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
  });
}

const std::vector<Axis>& Table() {
  static const std::vector<Axis> kTable = {
      {"arch", Where::kPlace, "ARCH", "one of " + sys::ArchNames(), "arm64",
       TextAxis{&CellSpec::arch, IsArchitecture, "one of " + sys::ArchNames()}},
      {"kernel", Where::kPlace, "KERNEL",
       "one of Debian's as debian-VERSION, or your own image as file:PATH", "debian-6.12",
       TextAxis{&CellSpec::kernel, IsNotEmpty, "debian-VERSION or file:PATH"}},
      {"cpu", Where::kPlace, "CPU",
       "a CPU model of QEMU, its features after commas; host under kvm", "max,vmx=on",
       TextAxis{&CellSpec::cpu, IsNotEmpty, "a CPU model of QEMU"}},
      {"clock", Where::kPlace, "CLOCK", "one of exact, kvm and tcg", "tcg", ClockAxis{}},
      {"slow", Where::kEverywhere, "PERCENT", "canary: lengthen every operation by so many percent",
       "5", NumberAxis{&CellSpec::slow_percent, 0, 1000}},
      {"mem", Where::kGuest, "MIB", "the guest's RAM (512)", "1024",
       NumberAxis{&CellSpec::memory_mib, 128, 1 << 20}},
      {"cpus", Where::kGuest, "N", "the guest's CPUs (1)", "2", NumberAxis{&CellSpec::cpus, 1, 64}},
      {"nodes", Where::kGuest, "N", "the guest's memory nodes, each with a part of mem= (1)", "2",
       NumberAxis{&CellSpec::nodes, 1, 8}},
      {"cmdline", Where::kGuest, "PARAMETERS",
       "more kernel parameters; a comma stands for a space, two commas for one comma",
       "mitigations=off,isolcpus=1,,2",
       TextAxis{&CellSpec::extra_cmdline, IsNotEmpty, "kernel parameters"}},
      {"modules", Where::kGuest, "NAME,NAME", "modules of the guest's kernel that it loads first",
       "vxlan,virtio-rng",
       TextAxis{&CellSpec::modules, AreModuleNames, "names of modules with commas between them"}},
      {"lab", Where::kGuest, "on", "load the lab module, which makes kernel threads (images/lab)",
       "on", SwitchAxis{&CellSpec::lab}},
      {"userland", Where::kGuest, "on",
       "give the guest a C library, its loader and a shell for dynamic programs", "on",
       SwitchAxis{&CellSpec::userland}},
      {"qemu", Where::kGuest, "FOLDER", "take the QEMU programs of this folder", "/opt/qemu/bin",
       TextAxis{&CellSpec::qemu, IsNotEmpty, "a folder"}},
  };
  return kTable;
}

[[noreturn]] void Refuse(std::string_view cell, const Axis& axis, const std::string& allowed,
                         const std::string& value) {
  sys::ThrowUsage(
      fmt::format("cell '{}': {} must be {}, not '{}'", cell, axis.name, allowed, value));
}

Clock ParseClock(std::string_view cell, const Axis& axis, const std::string& value) {
  std::vector<std::string> names;
  for (const auto& [clock, name] : store::kClocks.All()) {
    if (clock == Clock::kWall) continue;
    if (value == name) return clock;
    names.emplace_back(name);
  }
  Refuse(cell, axis, fmt::format("one of {}", fmt::join(names, ", ")), value);
}

// Calls one of several functions, by the type of the argument.
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace

void Axis::Parse(std::string_view cell, const std::string& value, CellSpec& spec) const {
  const Overloaded parse = {[&](const NumberAxis& number) {
                              spec.*number.field =
                                  sys::RequireNumber(fmt::format("cell '{}': {}", cell, name),
                                                     value, number.least, number.most);
                            },
                            [&](const SwitchAxis& on_or_off) {
                              if (value != "on" && value != "off")
                                Refuse(cell, *this, "on or off", value);
                              spec.*on_or_off.field = value == "on";
                            },
                            [&](const TextAxis& text) {
                              if (!text.allows(value)) Refuse(cell, *this, text.allowed, value);
                              spec.*text.field = value;
                            },
                            [&](const ClockAxis&) { spec.clock = ParseClock(cell, *this, value); }};
  std::visit(parse, kind);
}

std::string Axis::Print(const CellSpec& spec) const {
  const Overloaded print = {
      [&](const NumberAxis& number) { return std::to_string(spec.*number.field); },
      [&](const SwitchAxis& on_or_off) {
        return std::string(spec.*on_or_off.field ? "on" : "off");
      },
      [&](const TextAxis& text) { return spec.*text.field; },
      [&](const ClockAxis&) { return std::string(store::ClockName(spec.clock)); }};
  return std::visit(print, kind);
}

void Axis::Reset(CellSpec& spec) const {
  const CellSpec defaults;
  const Overloaded reset = {
      [&](const NumberAxis& number) { spec.*number.field = defaults.*number.field; },
      [&](const SwitchAxis& on_or_off) { spec.*on_or_off.field = defaults.*on_or_off.field; },
      [&](const TextAxis& text) { spec.*text.field = defaults.*text.field; },
      [&](const ClockAxis&) { spec.clock = defaults.clock; }};
  std::visit(reset, kind);
}

bool Axis::IsDefault(const CellSpec& spec) const { return Print(spec) == Print(CellSpec()); }

std::span<const Axis> Axes() { return Table(); }

const Axis* FindAxis(std::string_view name) {
  const auto found = std::ranges::find(Table(), name, &Axis::name);
  return found == Table().end() ? nullptr : &*found;
}

std::string AxisNames() {
  std::vector<std::string> names;
  for (const Axis& axis : Table()) names.push_back(axis.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string AxesOf(bool native) {
  std::vector<std::string> forms;
  for (const Axis& axis : Table()) {
    if (axis.where == Where::kPlace || (native && axis.where == Where::kGuest)) continue;
    forms.push_back(fmt::format("{}={}", axis.name, axis.placeholder));
  }
  return fmt::format("{}", fmt::join(forms, ", "));
}

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
#include "harness/cell/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/cell/axis.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

constexpr const char* kNative = "native";

// Reads "NAME=VALUE", which stands after the place.
void ParseAxis(std::string_view cell, const std::string& text, CellSpec& spec) {
  const size_t equals = std::min(text.find('='), text.size());
  const Axis* axis = FindAxis(text.substr(0, equals));
  const bool known = axis != nullptr && axis->where != Axis::Where::kPlace &&
                     (axis->where == Axis::Where::kEverywhere || !spec.native);
  if (!known) {
    sys::ThrowUsage(fmt::format("cell '{}': {} has no axis '{}'; it may have {}", cell,
                                spec.native ? "the bare machine" : "a guest", text,
                                AxesOf(spec.native)));
  }
  axis->Parse(cell, text.substr(std::min(equals + 1, text.size())), spec);
}

// Reads "ARCH/KERNEL/CPU/CLOCK".
void ParsePlace(std::string_view cell, std::string_view place, CellSpec& spec) {
  const std::vector<std::string> parts = sys::Split(place, '/');
  if (parts.size() < 4) {
    sys::ThrowUsage(
        fmt::format("unknown cell '{}': a cell is 'native' or ARCH/KERNEL/CPU/CLOCK, "
                    "e.g. amd64/debian-6.1/max/exact",
                    cell));
  }
  const auto kernel_end = parts.end() - 2;
  FindAxis("arch")->Parse(cell, parts.front(), spec);
  FindAxis("kernel")->Parse(cell, fmt::format("{}", fmt::join(parts.begin() + 1, kernel_end, "/")),
                            spec);
  FindAxis("cpu")->Parse(cell, *kernel_end, spec);
  FindAxis("clock")->Parse(cell, parts.back(), spec);
  if (spec.cpu == "host" && spec.clock != store::Clock::kKvm) {
    sys::ThrowUsage(
        fmt::format("cell '{}': CPU 'host' exists under the clock kvm only; name a model", cell));
  }
}

// Where the first '+' of the axes stands. A kernel's path may contain '+', and an axis's folder a
// slash: the place ends at the first clock.
size_t FirstAxis(std::string_view text) {
  size_t first = std::string_view::npos;
  for (const auto& [clock, name] : store::kClocks.All()) {
    const std::string end = fmt::format("/{}+", name);
    const size_t at = text.find(end);
    if (at != std::string_view::npos) first = std::min(first, at + end.size() - 1);
  }
  if (first != std::string_view::npos) return first;
  const size_t slash = text.rfind('/');
  return text.find('+', slash == std::string_view::npos ? 0 : slash);
}

}  // namespace

std::string CellSpec::Name() const {
  std::string place = native ? kNative : "";
  std::string rest;
  for (const Axis& axis : Axes()) {
    if (axis.where != Axis::Where::kPlace) {
      if (!axis.IsDefault(*this)) rest += fmt::format("+{}={}", axis.name, axis.Print(*this));
    } else if (!native) {
      place += (place.empty() ? "" : "/") + axis.Print(*this);
    }
  }
  return place + rest;
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
  const std::string_view place = text.substr(0, plus);
  spec.native = place == kNative;
  if (!spec.native) ParsePlace(text, place, spec);
  if (plus != std::string_view::npos) {
    for (const std::string& axis : sys::Split(text.substr(plus + 1), '+')) {
      ParseAxis(text, axis, spec);
    }
  }
  return spec;
}

}  // namespace procmark::cell

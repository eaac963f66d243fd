// SPDX-License-Identifier: MIT
#include "harness/cell/multiply.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cell/axis.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

struct Variation {
  const Axis* axis;
  std::vector<std::string> values;
};

Variation ParseVariation(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    sys::ThrowUsage(fmt::format(
        "axis '{}' must be NAME=VALUE,VALUE…, e.g. cpu=qemu64,Haswell,max or mem=256,512", text));
  }
  const std::string name = text.substr(0, equals);
  const Axis* axis = FindAxis(name);
  if (axis == nullptr) {
    sys::ThrowUsage(fmt::format("unknown axis '{}'; it is one of {}", name, AxisNames()));
  }
  const std::string values = text.substr(equals + 1);
  const char separator = values.find(';') == std::string::npos ? ',' : ';';
  return {axis, sys::Split(values, separator)};
}

// The cell with another value of one axis.
CellSpec With(CellSpec spec, const Axis& axis, const std::string& value) {
  if (value.empty() && axis.where != Axis::Where::kPlace) {
    axis.Reset(spec);
  } else {
    axis.Parse(spec.Name(), value, spec);
  }
  return spec;
}

std::vector<CellSpec> Multiply(const std::vector<CellSpec>& specs, const Variation& variation) {
  std::vector<CellSpec> multiplied;
  for (const CellSpec& spec : specs) {
    if (spec.native) {
      multiplied.push_back(spec);
      continue;
    }
    for (const std::string& value : variation.values) {
      multiplied.push_back(With(spec, *variation.axis, value));
    }
  }
  return multiplied;
}

}  // namespace

std::vector<std::string> MultiplyByAxes(const std::vector<std::string>& cells,
                                        const std::vector<std::string>& axes) {
  if (axes.empty()) return cells;
  std::vector<CellSpec> specs;
  for (const std::string& cell : cells) specs.push_back(CellSpec::Parse(cell));
  if (std::ranges::all_of(specs, &CellSpec::native)) {
    sys::ThrowUsage("--axis varies guests, but no cell is a guest; name one by --cell");
  }
  for (const std::string& axis : axes) specs = Multiply(specs, ParseVariation(axis));
  std::vector<std::string> names;
  // Parsed again because values that are right one by one may not go together.
  for (const CellSpec& spec : specs) names.push_back(CellSpec::Parse(spec.Name()).Name());
  return names;
}

}  // namespace procmark::cell

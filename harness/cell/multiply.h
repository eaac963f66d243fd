// SPDX-License-Identifier: MIT
// Multiplies cells: `--axis NAME=VALUE,VALUE` runs every guest once for each value.
#pragma once

#include <string>
#include <vector>

namespace procmark::cell {

// Every guest of `cells` once for each combination of the axes' values; "native" stays as it is.
// Each of `axes` is NAME=VALUE,VALUE…, or NAME=VALUE;VALUE… where values hold commas
// (cpu=max,vmx=on;max). NAME is one of AxisNames(). An empty value means the axis's default. The
// result is in the order of the cells, the first axis slowest. Throws a usage Complaint for an
// unknown axis, for one without values, and for axes when no cell is a guest.
std::vector<std::string> MultiplyByAxes(const std::vector<std::string>& cells,
                                        const std::vector<std::string>& axes);

}  // namespace procmark::cell

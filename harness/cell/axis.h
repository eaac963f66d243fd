// Axes: one list of cells multiplied by the values of what they are varied by.
#pragma once

#include <string>
#include <vector>

namespace procmark::cell {

// What an axis may be named, as text: "arch, kernel, …".
std::string AxisNames();

// Every guest of `cells` once for each combination of the axes' values; cells on the bare machine
// stay as they are. An axis is NAME=VALUE,VALUE…, or NAME=VALUE;VALUE… where values hold commas
// (cpu=max,vmx=on;max), NAME one of AxisNames(); an empty value means the default. In the order of
// the cells, the first axis slowest. Throws a usage Complaint for an unknown axis, one without
// values, and axes without a guest.
std::vector<std::string> MultiplyByAxes(const std::vector<std::string>& cells,
                                        const std::vector<std::string>& axes);

}  // namespace procmark::cell

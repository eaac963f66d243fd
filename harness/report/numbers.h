// SPDX-License-Identifier: MIT
// Formats numbers for readers.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace procmark::report {

// "1,234,567"
std::string CountText(int64_t count);

// The cost of one operation. Nanoseconds: no decimals from 1,000 on, one from 100 on, else two.
// Instructions: two decimals if the number is not whole, else none.
std::string CostText(double cost, const std::string& unit);

// A count per operation: two decimals if it is not whole, else none; "-" if there is no such count.
std::string PerOperationText(const std::map<std::string, double>& counts, const std::string& name);

// A slope with three significant digits, but no fewer than all digits before the point: "0.0123",
// "1,234".
std::string SlopeText(double slope);

// "1.0512"
std::string RatioText(double ratio);

}  // namespace procmark::report

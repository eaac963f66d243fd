// Numbers as people read them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace procmark::report {

// "1,234,567"
std::string CountText(int64_t count);

// A cost of one operation. Nanoseconds: whole from 1,000 on, one decimal from 100, two below;
// instructions: the integer with separators, with two decimals only when it is not whole.
std::string CostText(double cost, const std::string& unit);

// A count of one operation: the integer, or two decimals; "-" where there is none.
std::string PerOperationText(const std::map<std::string, double>& counts, const std::string& name);

// A slope or its limits: three significant digits, more only before the point: "0.0123", "1,234".
std::string SlopeText(double slope);

// "1.0512"
std::string RatioText(double ratio);

// "0.0012", "3.4e-07"
std::string ProbabilityText(double p);

}  // namespace procmark::report

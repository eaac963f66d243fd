// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace procmark::report {

// "1,234,567"
std::string CountText(int64_t count);

// A cost of one operation. Nanoseconds: whole from 1,000 on, one decimal from 100, two below;
// instructions: the integer with separators, with two decimals only when it is not whole.
std::string CostText(double cost, const std::string& unit);

// "1.0512"
std::string RatioText(double ratio);

// "0.0012", "3.4e-07"
std::string ProbabilityText(double p);

}  // namespace procmark::report

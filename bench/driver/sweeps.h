// SPDX-License-Identifier: MIT
// The benchmarks that are listed with shapes. Any other composition can be asked for by its name.
#pragma once

#include <string>
#include <vector>

namespace procmark::bench {

struct Sweep {
  std::string base;                     // a benchmark's name without a shape
  std::vector<std::string> parameters;  // "rss:64M", or several as "rss:64M/page:thp"
};

// In the order in which they are listed. The base of a sweep is its point at zero.
const std::vector<Sweep>& Sweeps();

}  // namespace procmark::bench

// Which benchmarks are listed with which shapes. Any other composition can be asked for by name.
#pragma once

#include <string>
#include <vector>

namespace procmark::bench {

struct Sweep {
  std::string base;                     // a benchmark's name without a shape
  std::vector<std::string> parameters;  // "rss:64M", or several as "rss:64M/page:thp"
};

// Ordered as they are listed. A sweep's zero is its base.
const std::vector<Sweep>& Sweeps();

}  // namespace procmark::bench

// SPDX-License-Identifier: MIT
// Sweeps: benchmarks whose names differ only in the number of one parameter, for example
// fork/fds:64/to:reaped and fork/fds:1024/to:reaped.
#pragma once

#include <string>
#include <vector>

namespace procmark::compare {

struct SweepPoint {
  std::string benchmark;
  double x = 0;  // the parameter, in steps of Sweep::per
};

struct Sweep {
  std::string name;                // "fork/rss:*/to:reaped"
  std::string per;                 // one step of x: "4 KiB page", "thread"
  std::vector<SweepPoint> points;  // by x; at least three different x
};

// Returns all sweeps among these benchmarks, by name. A parameter is "key:value" between slashes;
// the value is a number, and a suffix K, M or G multiplies it by 2^10, 2^20 or 2^30.
// If a subject without the parameter has none of what it counts (rss, vmas, fds, threads …), the
// benchmark without the parameter is the point x = 0. For memory sizes, that benchmark also lacks
// page: and memory:, which describe this memory.
// Sizes are counted in small pages of `page_bytes`, those of huge pages in MiB.
std::vector<Sweep> FindSweeps(const std::vector<std::string>& benchmarks, double page_bytes);

}  // namespace procmark::compare

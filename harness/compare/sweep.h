// Sweeps: benchmarks whose names differ in the number of one parameter only.
#pragma once

#include <string>
#include <vector>

namespace procmark::compare {

struct SweepPoint {
  std::string benchmark;
  double x = 0;  // in the sweep's unit
};

struct Sweep {
  std::string name;                // "fork/rss:*/to:reaped"
  std::string per;                 // what one step of x is: "4 KiB page", "thread"
  std::vector<SweepPoint> points;  // by x; at least three places
};

// All sweeps among these names, by name. A parameter is "key:value" between slashes, with a number
// as its value (suffix K, M or G: binary units). Where the parameter says what the subject has more
// than it has anyway (rss, vmas, fds, threads …), the benchmark without it is the sweep's zero; for
// rss without page: and memory: too, which say of what kind that memory is. `page_bytes` is the
// size of the kernel's small pages where these were measured: sizes count in such pages, but for
// huge ones, whose sizes count in MiB.
std::vector<Sweep> FindSweeps(const std::vector<std::string>& benchmarks, double page_bytes);

}  // namespace procmark::compare

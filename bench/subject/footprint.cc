// SPDX-License-Identifier: MIT
#include "bench/subject/footprint.h"

#include "bench/subject/proc_file.h"

namespace procmark::subject {

Footprint ReadFootprint(char* buffer, long buffer_bytes) {
  Footprint footprint{};
  footprint.vmas = CountLines("/proc/self/maps", buffer, buffer_bytes);
  footprint.fds = CountEntries("/proc/self/fd", buffer, buffer_bytes);
  footprint.threads = NumberAfter("/proc/self/status", "Threads:", buffer, buffer_bytes);
  footprint.rss_kib = NumberAfter("/proc/self/smaps_rollup", "Rss:", buffer, buffer_bytes);
  if (footprint.rss_kib < 0)
    footprint.rss_kib = NumberAfter("/proc/self/status", "VmRSS:", buffer, buffer_bytes);
  return footprint;
}

}  // namespace procmark::subject

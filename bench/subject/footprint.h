// SPDX-License-Identifier: MIT
// How large the running process is, from /proc/self, without a C library.
#pragma once

#include "bench/subject/slice.h"

namespace procmark::subject {

// Reads Rss of smaps_rollup (exact; VmRSS may lag by its per-CPU batches since Linux 6.2), the
// lines of maps, the entries of fd, and Threads of status (proc(5)), into `buffer`. -1: could not
// be read.
Footprint ReadFootprint(char* buffer, long buffer_bytes);

}  // namespace procmark::subject

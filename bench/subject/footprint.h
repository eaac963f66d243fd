// What the running process weighs, read from /proc/self without a C library.
#pragma once

#include "bench/subject/slice.h"

namespace procmark::subject {

// Rss of smaps_rollup (exact, where VmRSS may lag by its per-CPU batches since Linux 6.2), lines of
// maps, entries of fd, Threads of status (proc(5)). `buffer` is room for reading, in memory that
// the caller does not mind dirtied. What cannot be read is -1.
Footprint ReadFootprint(char* buffer, long buffer_bytes);

}  // namespace procmark::subject

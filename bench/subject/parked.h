// Threads that sleep in the kernel for ever.
#pragma once

#include <stdint.h>

namespace procmark::subject {

// Makes `count` threads of the calling process by raw clone(2), each with a stack of two pages out
// of one mapping, and returns when each has run and is about to sleep in ppoll(2). They know no C
// library and end with their process. Returns the count, or -errno (those made stay).
long ParkThreads(uint32_t count);

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
// Threads that sleep in the kernel for ever.
#pragma once

#include <stdint.h>

namespace procmark::subject {

// Creates `count` threads of the calling process by raw clone(2), each on a stack of two pages of
// one mapping. Returns once each has run and is about to sleep in ppoll(2). The C library does not
// know them. They end with their process. Returns the count, or -errno; then some may exist.
long ParkThreads(uint32_t count);

}  // namespace procmark::subject

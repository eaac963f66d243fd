// What clone(2) and clone3(2) answer to given arguments, whatever they are: probes for the rules of
// their flags. A child that comes to be ends at once and is reaped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// errno of clone3(2), or 0 when there was a child (which is gone again). With CLONE_VM the child is
// given a stack that it cannot use, so that it dies without harm to our memory: only for calls that
// are to be refused. With CLONE_PARENT a child cannot be reaped here: it is the caller's parent's.
int Clone3Error(const CloneArguments& arguments, size_t size = sizeof(CloneArguments));

// The same with nothing but flags and an exit signal.
int Clone3FlagsError(uint64_t flags, uint64_t exit_signal);

// errno of clone(2), or 0 when there was a child or thread, which has ended when this returns.
// `flags` holds the exit signal in its low byte. With CLONE_PIDFD the descriptor goes to *pidfd.
int LegacyCloneError(int flags, int* pidfd = nullptr);

// Every union of some of `bits`, the empty one first.
std::vector<uint64_t> UnionsOf(const std::vector<uint64_t>& bits);

// Gives up all capabilities of the calling process until it execs. False on failure.
bool DropCapabilities();

}  // namespace procmark::conformance

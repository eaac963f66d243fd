// SPDX-License-Identifier: MIT
// What clone(2) and clone3(2) answer to given arguments: probes for the rules of their flags. When
// a child is made, it ends at once and is reaped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// The errno of clone3(2), or 0 when a child was made. With CLONE_VM the child gets a stack that it
// cannot use, so that it dies without harm to the shared memory: use that only for calls that must
// fail. With CLONE_PARENT the caller's parent must reap the child.
int Clone3Error(const CloneArguments& arguments, size_t size = sizeof(CloneArguments));

// The same with only flags and an exit signal.
int Clone3FlagsError(uint64_t flags, uint64_t exit_signal);

// The errno of clone(2), or 0 when a child or thread was made; it has ended when this returns.
// `flags` holds the exit signal in its low byte. With CLONE_PIDFD the descriptor goes to *pidfd.
int LegacyCloneError(int flags, int* pidfd = nullptr);

// Arguments of clone3(2) for a child without flags that has the exit signal SIGCHLD.
CloneArguments PlainArguments();

// True when this kernel has CLONE_AUTOREAP, CLONE_NNP and CLONE_PIDFD_AUTOKILL (Linux 7.1).
bool HasCloneAutoreap();

// All unions of flags that no rule forbids. A rule must also hold together with each of them.
std::vector<uint64_t> HarmlessFlags();

// Expects that clone(2) and clone3(2) fail with EINVAL for these flags, alone and together with
// each of HarmlessFlags().
void ExpectInvalidFlags(uint64_t flags, uint64_t exit_signal);

// "flags 0x11", for a failure message.
std::string FlagsText(uint64_t flags);

// The union of every subset of `bits`, the empty one first.
std::vector<uint64_t> UnionsOf(const std::vector<uint64_t>& bits);

// Gives up all capabilities of the calling thread until it execs. False on failure.
bool DropCapabilities();

}  // namespace procmark::conformance

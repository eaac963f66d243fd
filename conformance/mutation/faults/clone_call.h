// SPDX-License-Identifier: MIT
// Rules that edit clone(2) and clone3(2) in the same way, although clone takes its flags in a
// register and clone3 in memory.
#pragma once

#include <linux/sched.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// CLONE_CLEAR_SIGHAND. Some C libraries define it as a signed constant.
constexpr uint64_t kClearSighand = 1ULL << 32;

// Changes the flags of a call. The lowest byte of the flags of clone(2) is the exit signal.
using EditFlags = std::function<void(uint64_t& flags)>;
using EditArguments = std::function<void(clone_args& arguments)>;

// Rules for both calls.
std::vector<Rule> OnCloneFlags(const EditFlags& edit);
// A rule for clone3 only. When the call returns, the caller's struct has its old content again.
Rule OnClone3(const EditArguments& edit);
// A rule for clone only.
Rule OnLegacyClone(const EditFlags& edit);

// Clears `flag` in calls that have no flag of `unless`.
EditFlags Drop(uint64_t flag, uint64_t unless = 0);
// Clears `dropped` in calls that have all flags of `together` and none of `without`.
EditFlags DropWhere(uint64_t together, uint64_t without, uint64_t dropped);

}  // namespace procmark::fault

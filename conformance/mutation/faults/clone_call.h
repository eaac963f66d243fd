// Editing clone(2) and clone3(2) alike: the legacy call has its flags in a register, the new one in
// the caller's memory.
#pragma once

#include <linux/sched.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {

// CLONE_CLEAR_SIGHAND (<linux/sched.h>), which some C libraries define as a signed constant.
constexpr uint64_t kClearSighand = 1ULL << 32;

// Changes the flags of a call; the lowest byte of a legacy call's is its exit signal.
using EditFlags = std::function<void(uint64_t& flags)>;
using EditArguments = std::function<void(clone_args& arguments)>;

// Rules for both calls.
std::vector<Rule> OnCloneFlags(const EditFlags& edit);
// For clone3 alone. What the caller passed is put back when the call returns.
Rule OnClone3(const EditArguments& edit);
// For clone alone.
Rule OnLegacyClone(const EditFlags& edit);

// Clears `flag` where none of `unless` is set.
EditFlags Drop(uint64_t flag, uint64_t unless = 0);
// Clears `dropped` where all of `together` are set and none of `without`.
EditFlags DropWhere(uint64_t together, uint64_t without, uint64_t dropped);

}  // namespace procmark::fault

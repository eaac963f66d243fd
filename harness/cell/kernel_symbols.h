// SPDX-License-Identifier: MIT
// The symbol table of an exact guest's kernel, its modules included.
#pragma once

#include <string>

#include "harness/cell/exact_guest.h"

namespace procmark::cell {

// Lines of the guest's /proc/kallsyms that say where code is (wire::Symbols). The guest says them
// once; then they come from the cache. Throws a lost Complaint when it does not.
std::string KernelSymbols(const ExactGuest& guest, const GuestLimits& limits);

}  // namespace procmark::cell

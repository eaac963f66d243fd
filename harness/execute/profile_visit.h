// SPDX-License-Identifier: MIT
// One benchmark's slice in an exact cell, watched instruction by instruction.
#pragma once

#include <string>

#include "harness/execute/execute.h"

namespace procmark::execute {

struct ProfiledSlice {
  store::Cell cell;
  wire::Slice slice;
  std::string kallsyms;  // of the guest's kernel: cell::KernelSymbols
  std::string profile;   // the plugin's file: explain/profile_file.h
};

// Throws a usage Complaint unless the cell is a guest on the exact clock with one CPU.
void RequireExplainable(const NamedCell& named);

// Takes the only slice of `work`, which has one benchmark and no tests, in the cell twice: as every
// run takes it, and watched by the plugin. Records the first. Throws a Complaint: usage, when the
// cell is not exact, cannot be or its QEMU has no plugins, or when the benchmark cannot be measured
// there; lost, when a guest fails, or when the two guests did not say the same to the byte.
ProfiledSlice TakeProfile(const Work& work, const NamedCell& named, Recorder& recorder,
                          Progress& progress);

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
// Executes the chosen benchmarks and tests in all cells and records the answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cell/guest.h"
#include "harness/cell/spec.h"
#include "harness/execute/progress.h"
#include "harness/execute/recorder.h"
#include "harness/plan/plan.h"

namespace procmark::execute {

// A cell with its name in this run: comparing a cell with itself needs two names.
struct NamedCell {
  std::string name;
  cell::CellSpec spec;
};

struct Work {
  std::vector<NamedCell> cells;
  bool each_cell_counts = false;  // a comparison, which needs each of its cells
  std::vector<std::string> benchmarks;
  std::vector<std::string> tests;
  int64_t samples = 30;
  int64_t warmups = 5;
  uint64_t seed = 1;
  int64_t budget_s = 0;  // of native rounds: plan::Plan::budget_s
  cell::GuestLimits guest_limits;
  std::string guest_fault;    // canary of the guest machinery; see images/guest/init.cc
  bool no_snapshots = false;  // canary: in exact cells, boot for each slice and part of the tests
};

// Takes the slices of rounds [first_round, first_round + rounds) in the noisy cells (wall, kvm,
// tcg), interleaved as plan::Interleave says. If first_round is 0, then runs the tests of these
// cells, and takes one slice of each benchmark and the tests in the exact cells, where every round
// would give the same numbers. Records each cell before anything is measured in it. Records a skip
// with its reason for what cannot run here (KVM), and a loss for a cell that fails; the others go
// on. Returns early on an Interrupt. Throws a Complaint when nothing can be recorded (a full disk),
// and when the only cell cannot be prepared (no such kernel).
void Execute(const Work& work, int64_t first_round, int64_t rounds, Recorder& recorder,
             Progress& progress);

// The commands that measure in each cell, one per line. The initramfs of a guest is left where the
// line says.
std::vector<std::string> DryRun(const Work& work, const std::filesystem::path& folder);

}  // namespace procmark::execute

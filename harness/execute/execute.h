// Executes what was chosen, cell by cell, into a Recorder. The only place that knows both plan and
// cell.
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

// A cell under the name it has in this run: comparing a cell with itself needs two names.
struct NamedCell {
  std::string name;
  cell::CellSpec spec;
};

struct Work {
  std::vector<NamedCell> cells;
  bool each_cell_counts = false;  // a comparison: without one of its cells it is nothing
  std::vector<std::string> benchmarks;
  std::vector<std::string> tests;
  int64_t samples = 30;
  int64_t warmups = 5;
  uint64_t seed = 1;
  int64_t budget_s = 0;  // of native rounds: plan::Plan::budget_s
  cell::GuestLimits guest_limits;
  std::string guest_fault;    // canary of the guest machinery; see images/guest/init.cc
  bool no_snapshots = false;  // canary: each slice and part of the tests of an exact cell boots
};

// Takes the slices of rounds [first_round, first_round + rounds): in the noisy cells (wall, kvm,
// tcg) interleaved as plan::Interleave says; in exact cells, whose second round would be the first
// again, one slice per benchmark when first_round is 0, together with their tests. Then runs the
// tests of the other cells, once. Cells are recorded before anything is measured in them; what
// cannot run here (KVM) becomes a skip with its reason, and a cell that fails a loss: the others go
// on. Returns early on an Interrupt. Throws a Complaint when nothing can be recorded (a full disk),
// and when the only cell is one that cannot be (no such kernel).
void Execute(const Work& work, int64_t first_round, int64_t rounds, Recorder& recorder,
             Progress& progress);

// The commands that measure in each cell, a line each (a guest's initramfs is left at the place
// that the line names).
std::vector<std::string> DryRun(const Work& work, const std::filesystem::path& folder);

}  // namespace procmark::execute

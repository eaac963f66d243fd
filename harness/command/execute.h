// Executes what was chosen, cell by cell, into a Recorder. The only place that knows both plan and
// cell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cell/guest.h"
#include "harness/cell/spec.h"
#include "harness/command/progress.h"
#include "harness/command/recorder.h"
#include "harness/plan/plan.h"

namespace procmark::command {

// A cell under the name it has in this run: comparing a cell with itself needs two names.
struct NamedCell {
  std::string name;
  cell::CellSpec spec;
};

struct Work {
  std::vector<NamedCell> cells;
  std::vector<std::string> benchmarks;
  std::vector<std::string> tests;
  int64_t samples = 30;
  int64_t warmups = 5;
  uint64_t seed = 1;
  cell::GuestLimits guest_limits;
  std::string guest_fault;  // canary of the guest machinery; see images/init.cc
};

// Takes the slices of rounds [first_round, first_round + rounds): in the noisy cells (wall, kvm,
// tcg) interleaved as plan::Interleave says; in exact cells, whose second round would be the first
// again, one slice per benchmark when first_round is 0, together with their tests. Then runs the
// tests of the other cells, once. Cells are recorded before anything is measured in them; what
// cannot run here (KVM) becomes a skip with its reason. Returns early on an Interrupt. Throws a
// Complaint when the machinery fails (no such kernel, a full disk).
void Execute(const Work& work, int64_t first_round, int64_t rounds, Recorder& recorder,
             Progress& progress);

// One line per cell: the command that measures in it (a guest's initramfs is left at the place that
// the line names).
std::vector<std::string> DryRun(const Work& work, const std::filesystem::path& folder);

}  // namespace procmark::command

// SPDX-License-Identifier: MIT
// The jobs of guests, and what is recorded about a cell before its guest runs.
#pragma once

#include <string>
#include <vector>

#include "harness/cell/images_tool.h"
#include "harness/cell/prepared_guest.h"
#include "harness/execute/execute.h"
#include "harness/sys/complaint.h"

namespace procmark::execute {

// The work of one guest, in the order of its programs.
struct Job {
  cell::GuestJob guest;
  std::vector<plan::Step> steps;   // program i takes steps[i]
  std::vector<std::string> tests;  // the program after them runs these
};

// `steps` and then `tests`, without what `recorder` (if any) has already, in as few jobs as the
// size limit of a job allows.
std::vector<Job> MakeJobs(const Work& work, const NamedCell& named,
                          const std::vector<plan::Step>& steps,
                          const std::vector<std::string>& tests, const Recorder* recorder);

// The limits of a guest of that cell.
cell::GuestLimits LimitsOf(const Work& work, const cell::CellSpec& spec);

// The cell with all that is known before the guest boots. Records its kernel's configuration.
store::Cell DescribeGuest(const NamedCell& named, const cell::PreparedGuest& guest,
                          Recorder& recorder);

// Records that none of these can run in the cell, and why.
void SkipAll(const NamedCell& named, const std::vector<std::string>& benchmarks,
             const std::vector<std::string>& tests, const std::string& reason, Recorder& recorder);

// Records the cell as lost because of `complaint`, and gives up all of `work` in it; the run goes
// on with its other cells. Rethrows a usage error if this is the only cell, or if the comparison
// needs every cell.
void LoseCell(const Work& work, const NamedCell& named, const sys::Complaint& complaint,
              Recorder& recorder);

// The command that runs a cell again, or one benchmark or test of it, with exactly this version of
// its kernel ("" when it is not known).
struct Only {
  std::string benchmark = {};
  std::string test = {};
};
std::string Reproduce(const Work& work, const NamedCell& named,
                      const std::string& kernel_version = "", const Only& only = {});

// The version of the package with the cell's kernel; "" for a kernel without a package.
std::string KernelVersionOf(const store::Cell& cell);

}  // namespace procmark::execute

// What guests are told to do, and what is recorded of a cell before one says a word.
#pragma once

#include <string>
#include <vector>

#include "harness/cell/images_tool.h"
#include "harness/cell/prepared_guest.h"
#include "harness/execute/execute.h"
#include "harness/sys/complaint.h"

namespace procmark::execute {

// What one guest shall do, in the order of its programs.
struct Job {
  cell::GuestJob guest;
  std::vector<plan::Step> steps;   // steps[i] is what program i takes
  std::vector<std::string> tests;  // what the program after them runs
};

// `steps` and then `tests`, without what `recorder` (if any) has already, in as few jobs as a
// guest's room for one allows.
std::vector<Job> MakeJobs(const Work& work, const NamedCell& named,
                          const std::vector<plan::Step>& steps,
                          const std::vector<std::string>& tests, const Recorder* recorder);

// The limits of a guest of that cell.
cell::GuestLimits LimitsOf(const Work& work, const cell::CellSpec& spec);

// The cell with all that is known before the guest says what it is; its kernel's configuration is
// recorded.
store::Cell DescribeGuest(const NamedCell& named, const cell::PreparedGuest& guest,
                          Recorder& recorder);

// Records that nothing of this can be had in the cell.
void SkipAll(const NamedCell& named, const std::vector<std::string>& benchmarks,
             const std::vector<std::string>& tests, const std::string& reason, Recorder& recorder);

// Records the cell as lost because of `complaint`, and gives up all of `work` in it; the run goes
// on with its other cells. Rethrows a usage error if this is the only cell, or if the comparison
// needs every cell.
void LoseCell(const Work& work, const NamedCell& named, const sys::Complaint& complaint,
              Recorder& recorder);

// The command that takes a cell, or one benchmark or test of it, again, by the very version of its
// kernel (that of `cell`, "" when it is not known).
struct Only {
  std::string benchmark = {};
  std::string test = {};
};
std::string Reproduce(const Work& work, const NamedCell& named,
                      const std::string& kernel_version = "", const Only& only = {});

// The version of the package that the cell's kernel is of; "" for others.
std::string KernelVersionOf(const store::Cell& cell);

}  // namespace procmark::execute

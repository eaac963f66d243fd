// SPDX-License-Identifier: MIT
// Runs exact cells on all CPUs at once: they count instructions, so their numbers do not depend on
// how long anything takes.
#pragma once

#include <vector>

#include "harness/cell/exact_guest.h"
#include "harness/execute/execute.h"

namespace procmark::execute {

// Takes one slice of each benchmark and runs the tests in every cell of `cells`, without what is
// settled already. Each slice, and each part of the tests, starts from the same state of a settled
// guest, so its numbers do not depend on what else was chosen. Where snapshots do not work, all
// work of a cell shares one boot, in the order of the plan; the record says which it was. A guest
// that fails is recorded as a loss, and another one does the remaining work: see TakeJobs.
void VisitExactCells(const Work& work, const std::vector<NamedCell>& cells, Recorder& recorder,
                     Progress& progress);

// The slices of an exact cell: one of each benchmark, since a second round would repeat the first.
std::vector<plan::Step> StepsOf(const Work& work, const NamedCell& named);

// The cell with everything that its numbers depend on. What the guest reports is not in it yet.
store::Cell DescribeExactGuest(const Work& work, const NamedCell& named,
                               const cell::ExactGuest& guest, Recorder& recorder);

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
// Runs work in a guest that boots for it: the work goes in as a job, the answers into the Recorder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/execute/execute.h"

namespace procmark::execute {

// Boots `named`, takes `steps` and then runs `tests`, without what is settled already. If the guest
// cannot be prepared or fails, records a loss or a skip: see TakeJobs and LoseCell.
void VisitGuest(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
                const std::vector<std::string>& tests, Recorder& recorder, Progress& progress);

// The QEMU command lines of the boots that `work` needs: one, unless the work is too much for one
// job. Each initramfs is left in `folder`.
std::vector<std::string> DryRunGuest(const Work& work, const NamedCell& named,
                                     const std::filesystem::path& folder);

// Why this machine cannot run the cell's clock; "" when it can. Probes KVM on first need.
std::string WhyClockFails(const cell::CellSpec& spec);

}  // namespace procmark::execute

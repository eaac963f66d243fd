// A guest that boots for what it shall run: that goes in as a job, what it says into the Recorder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/execute/execute.h"

namespace procmark::execute {

// Boots `named`, takes `steps` and then runs `tests`, leaving out what is settled already. What
// fails, the guest or the making of it, is recorded as a loss or a skip: see TakeJobs and LoseCell.
void VisitGuest(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
                const std::vector<std::string>& tests, Recorder& recorder, Progress& progress);

// The QEMU command lines of the boots that all of `work` takes, one unless it is a lot; each
// initramfs is left in `folder`.
std::vector<std::string> DryRunGuest(const Work& work, const NamedCell& named,
                                     const std::filesystem::path& folder);

// Why this machine cannot run the cell's clock; "" when it can. Probes KVM on first need.
std::string WhyClockFails(const cell::CellSpec& spec);

}  // namespace procmark::execute

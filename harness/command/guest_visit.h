// One boot of a guest: what it shall run goes in as a job, what it says goes into the Recorder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/command/execute.h"

namespace procmark::command {

// Boots `named`, takes `steps` and then runs `tests`, leaving out what is settled already. How the
// guest ended, when not well, is recorded as a loss.
void VisitGuest(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
                const std::vector<std::string>& tests, Recorder& recorder, Progress& progress);

// The QEMU command line of that boot; the initramfs is left in `folder`.
std::string DryRunGuest(const Work& work, const NamedCell& named,
                        const std::filesystem::path& folder);

// Why this machine cannot run the cell's clock; "" when it can. Probes KVM on first need.
std::string WhyClockFails(const cell::CellSpec& spec);

}  // namespace procmark::command

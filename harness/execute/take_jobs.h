// SPDX-License-Identifier: MIT
// Gives work to guests, job after job, until each part of it has an answer or a loss.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/execute/guest_job.h"

namespace procmark::execute {

// Boots or restores a guest, lets it do the job and returns how it ended. TakeJobs treats a lost
// Complaint as the end kLost.
using RunJob = std::function<cell::GuestOutcome(const Job& job, const cell::Guest::OnEvent&)>;

struct Taken {
  int64_t slices = 0;
  int64_t tests = 0;
  int64_t failures = 0;  // guests that did not end well
};

// Takes those `steps` and `tests` that are not settled yet in the cell. Records a guest that fails
// as a loss, and gives the remaining work to another guest, without the benchmark or test that the
// first one failed in. Records what a guest left unanswered, although it ended well, as lost.
// Returns early on an Interrupt, and when a guest fails before it answers anything.
Taken TakeJobs(const Work& work, const NamedCell& named, const store::Cell& cell,
               const std::vector<plan::Step>& steps, const std::vector<std::string>& tests,
               Recorder& recorder, Progress::Part& progress, const RunJob& run);

}  // namespace procmark::execute

// Giving work to guests, job after job, until each part of it has an answer or a loss.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/execute/guest_job.h"

namespace procmark::execute {

// Boots or restores a guest, lets it do the job and returns how it ended. A lost Complaint counts
// as such an end.
using RunJob = std::function<cell::GuestOutcome(const Job& job, const cell::Guest::OnEvent&)>;

struct Taken {
  int64_t slices = 0;
  int64_t tests = 0;
  int64_t failures = 0;  // guests that did not end well
};

// Takes what of `steps` and `tests` is not settled yet in the cell. A guest that fails is recorded
// as a loss, and what it left is taken by another one, without the culprit; a guest that ends well
// but leaves something unanswered has lost that. Returns early on an Interrupt, and when a guest
// fails without having brought anything.
Taken TakeJobs(const Work& work, const NamedCell& named, const store::Cell& cell,
               const std::vector<plan::Step>& steps, const std::vector<std::string>& tests,
               Recorder& recorder, Progress::Part& progress, const RunJob& run);

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
#include "harness/execute/take_jobs.h"

#include <fmt/format.h>

#include "harness/execute/guest_listener.h"
#include "harness/store/run_writer.h"
#include "harness/sys/interrupt.h"

namespace procmark::execute {
namespace {

// Guests that fail again and again without anybody to blame are given up.
constexpr int64_t kMostFailures = 40;

cell::GuestOutcome RunOne(const RunJob& run, const Job& job, GuestListener& listener) {
  cell::GuestOutcome outcome;
  const auto lost = store::CatchComplaint({sys::ExitCode::kLost}, [&] {
    outcome = run(job, [&listener](const wire::Event& event) { listener.On(event); });
  });
  if (lost) {
    outcome.end = cell::GuestEnd::kLost;
    outcome.sentence = lost->what();
  }
  return outcome;
}

size_t PartsOf(const std::vector<Job>& jobs) {
  size_t parts = 0;
  for (const Job& job : jobs) parts += job.steps.size() + job.tests.size();
  return parts;
}

}  // namespace

Taken TakeJobs(const Work& work, const NamedCell& named, const store::Cell& cell,
               const std::vector<plan::Step>& steps, const std::vector<std::string>& tests,
               Recorder& recorder, Progress::Part& progress, const RunJob& run) {
  Taken taken;
  std::vector<Job> jobs = MakeJobs(work, named, steps, tests, &recorder);
  while (!jobs.empty() && !sys::Interrupt::Requested()) {
    const Job& job = jobs.front();
    GuestListener listener(work, named, cell, job, recorder, progress);
    const cell::GuestOutcome outcome = RunOne(run, job, listener);
    listener.Conclude(outcome);
    taken.slices += listener.Slices();
    taken.tests += listener.Tests();
    if (outcome.end == cell::GuestEnd::kInterrupted) return taken;
    if (outcome.end == cell::GuestEnd::kRefused) {
      const std::string why = "there can be no such guest: " + outcome.sentence;
      SkipAll(named, work.benchmarks, work.tests, why, recorder);
      return taken;
    }
    const bool failed = outcome.end != cell::GuestEnd::kDone;
    if (failed && ++taken.failures >= kMostFailures) {
      recorder.AddLoss({named.name, store::LossKind::kLost,
                        fmt::format("{} guests failed: the rest is not tried", taken.failures), "",
                        Reproduce(work, named, KernelVersionOf(cell))});
      return taken;
    }
    const size_t parts = PartsOf(jobs);
    std::vector<Job> left = MakeJobs(work, named, steps, tests, &recorder);
    // The guest answered nothing: another one would fail in the same way.
    if (failed && PartsOf(left) == parts) return taken;
    jobs = std::move(left);
  }
  return taken;
}

}  // namespace procmark::execute

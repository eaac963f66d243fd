// SPDX-License-Identifier: MIT
#include "harness/execute/exact_visit.h"

#include <fmt/format.h>

#include <atomic>
#include <memory>

#include "harness/cell/exact_guest.h"
#include "harness/cell/vcpu_places.h"
#include "harness/execute/guest_job.h"
#include "harness/execute/parallel.h"
#include "harness/execute/take_jobs.h"
#include "harness/store/run_writer.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/sha256.h"

namespace procmark::execute {
namespace {

// Tests share a guest, so that the cost of a restore is small beside them. They are few enough to
// fit into a job and to be spread over the CPUs.
constexpr size_t kTestsPerGuest = 80;

// The state of one cell while it runs.
class ExactCell {
 public:
  ExactCell(const Work& work, const NamedCell& named, Recorder& recorder, Progress& progress)
      : work_(work),
        named_(named),
        recorder_(recorder),
        progress_(progress),
        limits_(LimitsOf(work, named.spec)),
        part_(progress.Begin(named.name,
                             static_cast<int64_t>(work.benchmarks.size() + work.tests.size()))) {}

  // Brings the guest to the state where jobs start. If that fails, only this cell is lost.
  void Prepare();
  // The rest of the work, as independent tasks. Call it after Prepare().
  std::vector<std::function<void()>> Tasks();

 private:
  void GetReady();
  bool SharesOneBoot() const { return !guest_->WhyNoSnapshot().empty() && !work_.no_snapshots; }
  void Take(const std::vector<plan::Step>& steps, const std::vector<std::string>& tests);
  void EndTask();

  const Work& work_;
  const NamedCell& named_;
  Recorder& recorder_;
  Progress& progress_;
  cell::GuestLimits limits_;
  Progress::Part part_;
  std::unique_ptr<cell::ExactGuest> guest_;
  store::Cell cell_;
  std::atomic<int64_t> tasks_ = 0;
  std::atomic<int64_t> slices_ = 0;
  std::atomic<int64_t> tests_ = 0;
  std::atomic<int64_t> failures_ = 0;
};

void ExactCell::Prepare() {
  const auto complaint =
      store::CatchComplaint({sys::ExitCode::kLost, sys::ExitCode::kUsage}, [this] { GetReady(); });
  if (!complaint) return;
  guest_.reset();
  LoseCell(work_, named_, *complaint, recorder_);
  part_.End(complaint->what());
}

void ExactCell::GetReady() {
  part_.Step("getting the guest ready");
  guest_ = std::make_unique<cell::ExactGuest>(named_.spec, limits_, !work_.no_snapshots);
  cell_ = DescribeExactGuest(work_, named_, *guest_, recorder_);
  if (!guest_->WhyNoSnapshot().empty() && !work_.no_snapshots) {
    progress_.Note(
        fmt::format("{}: no snapshot is used: {}", named_.name, guest_->WhyNoSnapshot()));
  }
  if (!guest_->BootFailure()) {
    recorder_.Add(cell_);
    for (const std::string& trouble : guest_->BootTroubles()) {
      recorder_.AddLoss({named_.name, store::LossKind::kCrash,
                         "the guest's kernel complained in its boot: " + trouble, "",
                         Reproduce(work_, named_, KernelVersionOf(cell_))});
    }
    return;
  }
  const cell::GuestOutcome& failure = *guest_->BootFailure();
  if (failure.end == cell::GuestEnd::kInterrupted) return;
  if (failure.end == cell::GuestEnd::kRefused) {
    const std::string why = "there can be no such guest: " + failure.sentence;
    SkipAll(named_, work_.benchmarks, work_.tests, why, recorder_);
    part_.End("skipped: " + why);
    return;
  }
  recorder_.Add(cell_);
  recorder_.AddLoss({named_.name, cell::LossKindOf(failure.end).value_or(store::LossKind::kLost),
                     "the guest does not boot: " + failure.sentence, failure.console_tail,
                     Reproduce(work_, named_, KernelVersionOf(cell_))});
  part_.End("does not boot: " + failure.sentence);
}

std::vector<std::function<void()>> ExactCell::Tasks() {
  std::vector<std::function<void()>> tasks;
  if (guest_ == nullptr || guest_->BootFailure()) return tasks;
  std::vector<plan::Step> steps;
  for (const plan::Step& step : StepsOf(work_, named_)) {
    if (!recorder_.Settled(step.cell, step.round, step.benchmark)) steps.push_back(step);
  }
  std::vector<std::string> tests;
  for (const std::string& test : work_.tests) {
    if (!recorder_.TestSettled(named_.name, test)) tests.push_back(test);
  }
  const auto add = [&](const std::vector<plan::Step>& some_steps,
                       const std::vector<std::string>& some_tests) {
    tasks.emplace_back([this, some_steps, some_tests] {
      Take(some_steps, some_tests);
      EndTask();
    });
  };
  if (SharesOneBoot()) {
    if (!steps.empty() || !tests.empty()) add(steps, tests);
  } else {
    for (size_t i = 0; i < tests.size(); i += kTestsPerGuest) {
      const size_t end = std::min(tests.size(), i + kTestsPerGuest);
      add({}, {tests.begin() + static_cast<long>(i), tests.begin() + static_cast<long>(end)});
    }
    for (const plan::Step& step : steps) add({step}, {});
  }
  tasks_ = static_cast<int64_t>(tasks.size());
  return tasks;
}

void ExactCell::Take(const std::vector<plan::Step>& steps, const std::vector<std::string>& tests) {
  const Taken taken = TakeJobs(work_, named_, cell_, steps, tests, recorder_, part_,
                               [this](const Job& job, const cell::Guest::OnEvent& on_event) {
                                 return guest_->Run(job.guest, limits_, on_event);
                               });
  slices_ += taken.slices;
  tests_ += taken.tests;
  failures_ += taken.failures;
}

void ExactCell::EndTask() {
  if (--tasks_ > 0) return;
  part_.End(fmt::format("{} slices, {} tests{}", slices_.load(), tests_.load(),
                        failures_ > 0 ? fmt::format(", {} guests failed", failures_.load()) : ""));
}

}  // namespace

std::vector<plan::Step> StepsOf(const Work& work, const NamedCell& named) {
  return plan::Interleave({named.name}, work.benchmarks, 0, 1, work.seed);
}

store::Cell DescribeExactGuest(const Work& work, const NamedCell& named,
                               const cell::ExactGuest& guest, Recorder& recorder) {
  store::Cell cell = DescribeGuest(named, guest.Prepared(), recorder);
  cell.inputs["guest.start"] = guest.WhyNoSnapshot().empty() ? "snapshot" : "boot";
  cell.inputs["bench.samples"] = std::to_string(work.samples);
  cell.inputs["bench.warmups"] = std::to_string(work.warmups);
  if (named.spec.slow_percent > 0) {
    cell.inputs["bench.slow_percent"] = std::to_string(named.spec.slow_percent);
  }
  if (guest.WhyNoSnapshot().empty()) return cell;
  cell.environment["guest.why_no_snapshot"] = guest.WhyNoSnapshot();
  if (!work.no_snapshots) {
    // All slices share one boot, so each may change the numbers of the next.
    sys::Sha256 slices;
    for (const plan::Step& step : StepsOf(work, named)) slices.Add(step.benchmark + '\n');
    cell.inputs["bench.slices_sha256"] = slices.Hex();
  }
  return cell;
}

void VisitExactCells(const Work& work, const std::vector<NamedCell>& cells, Recorder& recorder,
                     Progress& progress) {
  std::vector<std::unique_ptr<ExactCell>> visits;
  std::vector<std::function<void()>> preparations;
  for (const NamedCell& named : cells) {
    visits.push_back(std::make_unique<ExactCell>(work, named, recorder, progress));
    preparations.emplace_back([visit = visits.back().get()] { visit->Prepare(); });
  }
  const auto workers = static_cast<int>(cell::UsableCpuNumbers().size());
  DoAll(preparations, workers);
  if (sys::Interrupt::Requested()) return;
  std::vector<std::function<void()>> tasks;
  for (const std::unique_ptr<ExactCell>& visit : visits) {
    for (std::function<void()>& task : visit->Tasks()) tasks.push_back(std::move(task));
  }
  DoAll(tasks, workers);
}

}  // namespace procmark::execute

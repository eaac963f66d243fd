// SPDX-License-Identifier: MIT
#include "harness/execute/execute.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cell/host.h"
#include "harness/cell/installation.h"
#include "harness/cell/native_program.h"
#include "harness/execute/exact_visit.h"
#include "harness/execute/guest_job.h"
#include "harness/execute/guest_visit.h"
#include "harness/execute/program_argv.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/sha256.h"

namespace procmark::execute {
namespace {

constexpr long long kSliceDeadlineMs = 60'000;
// The deadline of the whole suite. The program enforces the deadline of each test.
constexpr long long kSuiteDeadlineMs = 900'000;
// Guests cannot alternate with every slice. They alternate with every boot, after so many rounds.
constexpr int64_t kRoundsPerBoot = 5;

bool IsExact(const NamedCell& named) { return named.spec.clock == store::Clock::kExact; }

void RecordNativeCell(const NamedCell& named, Recorder& recorder) {
  const cell::Programs programs = cell::FindPrograms(cell::HostArch());
  store::Cell cell;
  cell.name = named.name;
  cell.clock = store::Clock::kWall;
  cell.inputs["bench.sha256"] = sys::Sha256OfFile(programs.bench).Value();
  cell.inputs["conformance.sha256"] = sys::Sha256OfFile(programs.conformance).Value();
  if (named.spec.slow_percent > 0) {
    cell.inputs["canary.slow_percent"] = std::to_string(named.spec.slow_percent);
  }
  cell.environment = cell::DescribeHost();
  recorder.Add(cell);
}

void RecordLoss(const Work& work, const NamedCell& named, const cell::ProgramLoss& loss,
                const Only& what, Recorder& recorder) {
  recorder.AddLoss({named.name, loss.kind, loss.sentence, "", Reproduce(work, named, "", what)});
}

void TakeNativeSlice(const Work& work, const NamedCell& named, const plan::Step& step,
                     Recorder& recorder) {
  const std::vector<std::string> argv = BenchArgv(
      cell::FindPrograms(cell::HostArch()).bench.string(), work, named.spec, step.benchmark);
  const cell::ProgramOutcome outcome = cell::RunNativeProgram(
      argv, sys::Deadline::After(kSliceDeadlineMs), /*stop_on_interrupt=*/false,
      [&](const wire::Event& event) {
        if (const auto* slice = std::get_if<wire::Slice>(&event)) {
          recorder.AddSlice(named.name, step.round, *slice);
        } else if (const auto* skip = std::get_if<wire::Skip>(&event)) {
          recorder.AddSkip(named.name, *skip);
        } else if (const auto* refused = std::get_if<wire::Refused>(&event)) {
          recorder.AddRefused(named.name, *refused);
        }
      });
  if (const auto loss = cell::LossOf(outcome, step.benchmark)) {
    recorder.GiveUp(named.name, step.benchmark);
    RecordLoss(work, named, *loss, {.benchmark = step.benchmark}, recorder);
  }
}

void RunNativeTests(const Work& work, const NamedCell& named, Recorder& recorder,
                    Progress& progress) {
  std::vector<std::string> tests;
  for (const std::string& test : work.tests) {
    if (!recorder.TestSettled(named.name, test)) tests.push_back(test);
  }
  if (tests.empty()) return;
  Progress::Part part = progress.Begin(named.name + " tests", static_cast<int64_t>(tests.size()));
  const std::vector<std::string> argv =
      ConformanceArgv(cell::FindPrograms(cell::HostArch()).conformance.string(), tests);
  int64_t finished = 0;
  std::string running;
  const cell::ProgramOutcome outcome =
      cell::RunNativeProgram(argv, sys::Deadline::After(kSuiteDeadlineMs),
                             /*stop_on_interrupt=*/true, [&](const wire::Event& event) {
                               if (const auto* start = std::get_if<wire::TestStart>(&event))
                                 running = start->test;
                               if (const auto* test = std::get_if<wire::Test>(&event)) {
                                 recorder.AddTest(named.name, *test);
                                 part.Step(test->test);
                                 ++finished;
                               }
                             });
  if (const auto loss = cell::LossOf(outcome, "the conformance program")) {
    RecordLoss(work, named, *loss, {.test = running}, recorder);
  }
  part.End(fmt::format("{} tests", finished));
}

// Decides before each round whether there is time for another one of average length.
class Budget {
 public:
  explicit Budget(int64_t budget_s) : budget_ms_(budget_s * 1000) {}

  bool AllowsRound() {
    const long long used_ms = sys::Deadline::NowMs() - began_ms_;
    const bool allowed =
        budget_ms_ == 0 || rounds_ == 0 || used_ms + used_ms / rounds_ <= budget_ms_;
    ++rounds_;
    return allowed;
  }

 private:
  long long budget_ms_;
  long long began_ms_ = sys::Deadline::NowMs();
  long long rounds_ = 0;
};

// Takes slices of native cells, which alternate with every slice.
void TakeNativeSlices(const Work& work, const std::vector<NamedCell>& cells, int64_t first_round,
                      int64_t rounds, Recorder& recorder, Progress& progress) {
  std::vector<std::string> names;
  for (const NamedCell& named : cells) names.push_back(named.name);
  const std::vector<plan::Step> steps =
      plan::Interleave(names, work.benchmarks, first_round, rounds, work.seed);
  if (steps.empty()) return;
  Progress::Part part = progress.Begin(fmt::format("{}", fmt::join(names, " | ")),
                                       static_cast<int64_t>(steps.size()));
  int64_t taken = 0;
  Budget budget(work.budget_s);
  int64_t round = -1;
  for (const plan::Step& step : steps) {
    if (sys::Interrupt::Requested()) break;
    if (step.round != round && !budget.AllowsRound()) break;
    round = step.round;
    part.Step(step.benchmark);
    if (recorder.Settled(step.cell, step.round, step.benchmark)) continue;
    const auto named = std::ranges::find(cells, step.cell, &NamedCell::name);
    TakeNativeSlice(work, *named, step, recorder);
    ++taken;
  }
  part.End(fmt::format("{} slices", taken));
}

// Takes slices of noisy cells of which at least one is a guest; they alternate with every boot.
void TakeMixedSlices(const Work& work, const std::vector<NamedCell>& cells, int64_t first_round,
                     int64_t rounds, Recorder& recorder, Progress& progress) {
  for (int64_t done = 0; done < rounds; done += kRoundsPerBoot) {
    std::vector<NamedCell> turn = cells;
    if ((first_round + done) / kRoundsPerBoot % 2 != 0) std::ranges::reverse(turn);
    const int64_t first = first_round + done;
    const int64_t count = std::min(kRoundsPerBoot, rounds - done);
    for (const NamedCell& named : turn) {
      if (sys::Interrupt::Requested()) return;
      if (named.spec.native) {
        TakeNativeSlices(work, {named}, first, count, recorder, progress);
      } else {
        VisitGuest(work, named,
                   plan::Interleave({named.name}, work.benchmarks, first, count, work.seed), {},
                   recorder, progress);
      }
    }
  }
}

}  // namespace

void Execute(const Work& work, int64_t first_round, int64_t rounds, Recorder& recorder,
             Progress& progress) {
  std::vector<NamedCell> noisy;
  std::vector<NamedCell> exact;
  for (const NamedCell& named : work.cells) (IsExact(named) ? exact : noisy).push_back(named);
  if (first_round == 0) {
    for (const NamedCell& named : noisy) {
      if (named.spec.native) RecordNativeCell(named, recorder);
    }
  }
  if (std::ranges::all_of(noisy, [](const NamedCell& named) { return named.spec.native; })) {
    TakeNativeSlices(work, noisy, first_round, rounds, recorder, progress);
  } else {
    Work unbounded = work;  // guests and this machine must take the same rounds
    unbounded.budget_s = 0;
    TakeMixedSlices(unbounded, noisy, first_round, rounds, recorder, progress);
  }
  if (first_round > 0) return;
  for (const NamedCell& named : noisy) {
    if (sys::Interrupt::Requested()) return;
    if (named.spec.native) {
      RunNativeTests(work, named, recorder, progress);
    } else if (!work.tests.empty()) {
      VisitGuest(work, named, {}, work.tests, recorder, progress);
    }
  }
  if (!exact.empty() && !sys::Interrupt::Requested()) {
    VisitExactCells(work, exact, recorder, progress);
  }
}

std::vector<std::string> DryRun(const Work& work, const std::filesystem::path& folder) {
  std::vector<std::string> lines;
  for (const NamedCell& named : work.cells) {
    if (named.spec.native) {
      const cell::Programs programs = cell::FindPrograms(cell::HostArch());
      for (const std::string& benchmark : work.benchmarks) {
        lines.push_back(fmt::format(
            "{}", fmt::join(BenchArgv(programs.bench.string(), work, named.spec, benchmark), " ")));
      }
      if (!work.tests.empty()) {
        lines.push_back(fmt::format(
            "{}", fmt::join(ConformanceArgv(programs.conformance.string(), work.tests), " ")));
      }
    } else {
      for (const std::string& line : DryRunGuest(work, named, folder)) lines.push_back(line);
    }
  }
  return lines;
}

}  // namespace procmark::execute

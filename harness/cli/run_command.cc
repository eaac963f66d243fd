// SPDX-License-Identifier: MIT
// `run`: the main job. Plan -> cells -> records -> reports -> exit code.
#include <fmt/format.h>

#include <memory>

#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/cli/environment.h"
#include "harness/cli/outcome.h"
#include "harness/cli/stored.h"
#include "harness/compare/compare.h"
#include "harness/execute/perf.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cli {
namespace {

plan::Plan PlanOf(const Context& context, const RunOptions& options) {
  plan::Plan plan = plan::LoadPlan(options.plan.empty() ? context.project / "plans" / "default.toml"
                                                        : options.plan);
  ApplyWishes(options.wishes, plan);
  if (options.rounds > 0) plan.rounds = options.rounds;
  if (options.samples > 0) plan.samples = options.samples;
  return plan;
}

// Compares every cell that `run` and `baseline` share.
std::vector<compare::Comparison> CompareWith(const store::Run& baseline, const store::Run& run) {
  std::vector<compare::Comparison> comparisons = CompareSharedCells(baseline, run, {});
  if (comparisons.empty()) {
    sys::ThrowUsage(
        fmt::format("run {} and baseline {} have no cell in common", run.id, baseline.id));
  }
  return comparisons;
}

// A run has few pairs per benchmark. The canaries are cheap and show how noisy this host is, so
// they get as many pairs as a comparison takes at most.
constexpr int64_t kCanaryRounds = 120;

void CalibrateByCanaries(const execute::Work& work, int64_t first_round,
                         execute::Recorder& recorder, execute::Progress& progress) {
  execute::Work canaries = work;
  canaries.budget_s = 0;
  std::erase_if(canaries.benchmarks,
                [](const std::string& name) { return !name.starts_with("canary/"); });
  std::erase_if(canaries.cells, [](const execute::NamedCell& named) { return !named.spec.native; });
  if (canaries.benchmarks.empty() || canaries.cells.empty()) return;
  execute::Execute(canaries, first_round, kCanaryRounds, recorder, progress);
}

std::map<std::string, std::string> EnvironmentWith(const execute::PerfPass& perf) {
  std::map<std::string, std::string> environment = DescribeEnvironment();
  if (!perf.subcommand.empty()) environment["perf"] = perf.sentence;
  return environment;
}

// Executes and records. Whatever happens here, earlier records are kept.
void Measure(const execute::Work& work, int64_t rounds, execute::Recorder& recorder,
             const execute::PerfPass& perf) {
  execute::Progress progress;
  execute::Execute(work, 0, rounds, recorder, progress);
  CalibrateByCanaries(work, rounds, recorder, progress);
  execute::TakePerf(perf, work, recorder.Folder(), progress);
  if (sys::Interrupt::Requested()) {
    throw sys::Complaint(
        sys::ExitCode::kInterrupted,
        fmt::format(
            "interrupted; what was measured is in {}; continue with ./run.sh run --resume {}",
            recorder.Folder().string(), recorder.RunId()));
  }
  recorder.Finish();
}

}  // namespace

std::vector<std::string> CellsOfRun(const Context& context, const RunOptions& options) {
  if (options.resume.empty()) return PlanOf(context, options).cells;
  return plan::ParsePlan(ReadCalled(context, options.resume).plan_toml, "the run to resume").cells;
}

int Run(const Context& context, const RunOptions& options) {
  Offered offered = AskPrograms();
  std::unique_ptr<execute::Recorder> recorder;
  plan::Plan plan;
  if (options.resume.empty()) {
    plan = PlanOf(context, options);
  } else {
    const store::Run interrupted = ReadCalled(context, options.resume);
    plan = plan::ParsePlan(interrupted.plan_toml, "the plan of run " + interrupted.id);
    recorder = std::make_unique<execute::Recorder>(interrupted);
  }
  AskAbout(plan.benchmarks.names, offered);
  execute::Work work = MakeWork(plan, offered);
  work.guest_fault = options.guest_fault;
  if (options.guest_silence_s > 0) work.guest_limits.silence_ms = options.guest_silence_s * 1000;
  if (options.guest_output_mib > 0) {
    work.guest_limits.most_output_bytes = options.guest_output_mib << 20;
  }
  work.no_snapshots = options.no_snapshots;
  if (options.dry_run) {
    for (const std::string& line : execute::DryRun(work, context.results / "dry-run")) {
      fmt::print("{}\n", line);
    }
    return 0;
  }
  const execute::PerfPass perf = execute::PlanPerf(options.perf, work);
  // Read the baseline first, so that a wrong name is found before anything is measured.
  store::Run baseline;
  if (!options.against.empty()) baseline = ReadCalled(context, options.against);
  if (!recorder) {
    recorder = std::make_unique<execute::Recorder>(store::RunWriter::Create(
        context.results, options.name, plan::ToToml(plan), EnvironmentWith(perf)));
  }
  Measure(work, plan.rounds, *recorder, perf);
  const store::Run run = store::ReadRun(recorder->Folder());
  std::vector<compare::Comparison> comparisons;
  if (!options.against.empty()) comparisons = CompareWith(baseline, run);
  return ConcludeRun(context, run, offered, comparisons, options.outcome);
}

}  // namespace procmark::cli

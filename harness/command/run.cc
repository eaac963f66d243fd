// `run`: the main job. Plan -> cells -> records -> reports -> exit code.
#include <fmt/format.h>

#include <memory>

#include "harness/cell/host.h"
#include "harness/command/choose.h"
#include "harness/command/command.h"
#include "harness/command/outcome.h"
#include "harness/compare/compare.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::command {
namespace {

struct RunOptions {
  std::string plan;
  Wishes wishes;
  std::string name;
  std::string resume;
  std::string against;
  int64_t rounds = 0;
  int64_t samples = 0;
  bool dry_run = false;
  std::string guest_fault;
  int64_t guest_silence_s = 0;
  OutcomeOptions outcome;
};

plan::Plan PlanOf(const Context& context, const RunOptions& options) {
  plan::Plan plan = plan::LoadPlan(options.plan.empty() ? context.project / "plans" / "default.toml"
                                                        : std::filesystem::path(options.plan));
  ApplyWishes(options.wishes, plan);
  if (options.rounds > 0) plan.rounds = options.rounds;
  if (options.samples > 0) plan.samples = options.samples;
  return plan;
}

store::Run ReadCalled(const Context& context, const std::string& called) {
  const std::filesystem::path folder = store::FindRun(context.results, called);
  if (folder.empty()) {
    sys::ThrowUsage(
        fmt::format("no run or baseline is called '{}'; ./run.sh list runs shows them", called));
  }
  return store::ReadRun(folder);
}

// Every cell of `run` that `baseline` has too.
std::vector<compare::Comparison> CompareWith(const store::Run& baseline, const store::Run& run) {
  std::vector<compare::Comparison> comparisons;
  for (const store::Cell& cell : run.cells) {
    const bool shared = std::ranges::any_of(
        baseline.cells, [&](const store::Cell& other) { return other.name == cell.name; });
    if (!shared) continue;
    comparisons.push_back(compare::Compare({.run = &baseline, .cell = cell.name},
                                           {.run = &run, .cell = cell.name}, {}));
  }
  if (comparisons.empty()) {
    sys::ThrowUsage(
        fmt::format("run {} and baseline {} have no cell in common", run.id, baseline.id));
  }
  return comparisons;
}

// Executes and records. What was recorded is safe whatever happens here.
void Measure(const Work& work, int64_t rounds, Recorder& recorder) {
  Progress progress;
  Execute(work, 0, rounds, recorder, progress);
  if (sys::Interrupt::Requested()) {
    throw sys::Complaint(
        sys::ExitCode::kInterrupted,
        fmt::format("interrupted; what was measured is in {}; go on by ./run.sh run --resume {}",
                    recorder.Folder().string(), recorder.RunId()));
  }
  recorder.Finish();
}

int Run(const Context& context, const RunOptions& options) {
  const Offered offered = AskPrograms();
  std::unique_ptr<Recorder> recorder;
  plan::Plan plan;
  if (options.resume.empty()) {
    plan = PlanOf(context, options);
  } else {
    const store::Run interrupted = ReadCalled(context, options.resume);
    plan = plan::ParsePlan(interrupted.plan_toml, "the plan of run " + interrupted.id);
    recorder = std::make_unique<Recorder>(interrupted);
  }
  Work work = MakeWork(plan, offered);
  work.guest_fault = options.guest_fault;
  if (options.guest_silence_s > 0) work.guest_limits.silence_ms = options.guest_silence_s * 1000;
  if (options.dry_run) {
    for (const std::string& line : DryRun(work, context.results / "dry-run")) {
      fmt::print("{}\n", line);
    }
    return 0;
  }
  // Read first: a wrong name must not cost a whole run.
  store::Run baseline;
  if (!options.against.empty()) baseline = ReadCalled(context, options.against);
  if (!recorder) {
    recorder = std::make_unique<Recorder>(store::RunWriter::Create(
        context.results, options.name, plan::ToToml(plan), cell::DescribeHost()));
  }
  Measure(work, plan.rounds, *recorder);
  const store::Run run = store::ReadRun(recorder->Folder());
  std::vector<compare::Comparison> comparisons;
  if (!options.against.empty()) comparisons = CompareWith(baseline, run);
  return ConcludeRun(context, run, offered, comparisons, options.outcome);
}

}  // namespace

void RegisterRun(CLI::App& app, const Context& context, Action& chosen) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Measure and test what a plan says (the main job)");
  command->add_option("--plan", options->plan, "a plan (default: plans/default.toml)");
  command->add_option("--cell", options->wishes.cells,
                      "run in this cell instead of the plan's; may be given again");
  command->add_option("--filter", options->wishes.filter,
                      "only benchmarks and tests whose name this regular expression is found in");
  command->add_flag("!--no-benchmarks", options->wishes.benchmarks, "run tests only");
  command->add_flag("!--no-tests", options->wishes.tests, "run benchmarks only");
  command->add_option("--name", options->name, "call the run so");
  command->add_option("--resume", options->resume, "go on with an interrupted run");
  command->add_option("--against", options->against, "compare with this run or baseline");
  command->add_option("--rounds", options->rounds, "slices per benchmark on noisy clocks")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--samples", options->samples, "samples per slice")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--junit", options->outcome.junit, "also write junit.xml here");
  command->add_flag("--dry-run", options->dry_run, "print the commands instead of running them");
  command->add_flag("--fail-on-inconclusive", options->outcome.fail_on_inconclusive,
                    "exit 4 when a comparison stays inconclusive");
  command
      ->add_option("--guest-silence-s", options->guest_silence_s,
                   "end a guest that says nothing for so many seconds")
      ->check(CLI::Range(1, 86'400));
  command->add_option("--guest-fault", options->guest_fault,
                      "canary: let the guest fail on purpose (panic, hang, mute, garbage, exit)");
  command->callback([&context, &chosen, options] {
    chosen = [&context, options] { return Run(context, *options); };
  });
}

}  // namespace procmark::command

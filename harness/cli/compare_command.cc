// SPDX-License-Identifier: MIT
// `compare A B`: compares two stored runs or baselines, or two cells. Cells are measured now,
// interleaved, until the comparison is conclusive or the budget ends.
#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/cli/environment.h"
#include "harness/cli/outcome.h"
#include "harness/cli/stored.h"
#include "harness/compare/compare.h"
#include "harness/compare/sequential_rule.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cli {
namespace {

compare::Rules RulesOf(const CompareOptions& options) {
  compare::Rules rules;
  rules.threshold = options.threshold_percent / 100;
  return rules;
}

// Compares every cell that both runs have. When each has one cell only, compares those two.
int CompareStored(const Context& context, const CompareOptions& options, const store::Run& a,
                  const store::Run& b) {
  const compare::Rules rules = RulesOf(options);
  std::vector<compare::Comparison> comparisons = CompareSharedCells(a, b, rules);
  if (comparisons.empty() && a.cells.size() == 1 && b.cells.size() == 1) {
    comparisons.push_back(compare::Compare({.run = &a, .cell = a.cells.front().name},
                                           {.run = &b, .cell = b.cells.front().name}, rules));
  }
  if (comparisons.empty()) {
    sys::ThrowUsage(fmt::format("runs {} and {} have no cell in common", a.id, b.id));
  }
  return ConcludeRun(context, b, AskPrograms(), comparisons, options.outcome);
}

// One comparison that is being measured.
class LiveComparison {
 public:
  LiveComparison(execute::Work work, compare::Rules rules, execute::Recorder& recorder,
                 execute::Progress& progress)
      : work_(std::move(work)),
        rules_(std::move(rules)),
        recorder_(recorder),
        progress_(progress) {}

  // Measures by the sequential rule and confirms what it flags. Sets `run` to what was recorded.
  compare::Comparison Measure(store::Run& run) {
    Take(work_.benchmarks, compare::kLooks.front());
    compare::Comparison comparison = Look(run, {}, 0);
    int64_t pairs = -1;
    // Stop after a look without new pairs: its slices were lost, and the next would be lost too.
    while (!IsExact() && Pairs(comparison) > pairs) {
      pairs = Pairs(comparison);
      const compare::NextStep next = compare::SequentialRule(comparison);
      if (next.more.empty()) break;
      std::vector<std::string> more;
      int64_t rounds = 0;
      for (const compare::MorePairs& benchmark : next.more) {
        more.push_back(benchmark.benchmark);
        rounds = std::max(rounds, benchmark.next_total - benchmark.pairs);
      }
      Take(more, rounds);
      comparison = Look(run, {}, 0);
    }
    return IsExact() ? comparison : Confirmed(std::move(comparison), run);
  }

 private:
  bool IsExact() const { return work_.cells.front().spec.clock == store::Clock::kExact; }

  static int64_t Pairs(const compare::Comparison& comparison) {
    int64_t pairs = 0;
    for (const auto& benchmark : comparison.benchmarks) pairs += benchmark.pairs;
    return pairs;
  }

  void Take(const std::vector<std::string>& benchmarks, int64_t rounds) {
    execute::Work part = work_;
    part.benchmarks = benchmarks;
    execute::Execute(part, rounds_, rounds, recorder_, progress_);
    rounds_ += rounds;
    if (sys::Interrupt::Requested()) {
      throw sys::Complaint(
          sys::ExitCode::kInterrupted,
          fmt::format("interrupted; what was measured is in {}", recorder_.Folder().string()));
    }
  }

  compare::Comparison Look(store::Run& run, const std::set<std::string>& only,
                           int64_t first_round) {
    run = store::ReadRun(recorder_.Folder());
    run.complete = true;  // it continues, so no warning about an incomplete run
    compare::Rules rules = rules_;
    rules.only = only;
    return compare::Compare({.run = &run, .cell = work_.cells[0].name, .first_round = first_round},
                            {.run = &run, .cell = work_.cells[1].name, .first_round = first_round},
                            rules);
  }

  compare::Comparison Confirmed(compare::Comparison comparison, store::Run& run) {
    const compare::NextStep next = compare::SequentialRule(comparison);
    if (next.needs_confirmation.empty()) return comparison;
    std::set<std::string> flagged;
    int64_t pairs = 0;
    for (const compare::Confirmation& confirmation : next.needs_confirmation) {
      flagged.insert(confirmation.benchmark);
      pairs = std::max(pairs, confirmation.fresh_pairs);
    }
    progress_.Note(fmt::format("confirming {} on fresh slices", fmt::join(flagged, ", ")));
    const int64_t first_fresh = rounds_;
    Take({flagged.begin(), flagged.end()}, pairs);
    return compare::Confirm(std::move(comparison), Look(run, flagged, first_fresh));
  }

  execute::Work work_;
  compare::Rules rules_;
  execute::Recorder& recorder_;
  execute::Progress& progress_;
  int64_t rounds_ = 0;
};

int CompareCells(const Context& context, const CompareOptions& options) {
  Offered offered = AskPrograms();
  plan::Plan plan = plan::LoadPlan(context.project / "plans" / "default.toml");
  ApplyWishes(options.wishes, plan);
  AskAbout(plan.benchmarks.names, offered);
  plan.name = "compare";
  plan.cells = {options.a, options.b};
  execute::Work work = MakeWork(plan, offered);
  work.each_cell_counts = true;
  if (work.cells[0].spec.clock != work.cells[1].spec.clock) {
    sys::ThrowUsage(
        fmt::format("{} and {} have different clocks: their numbers are of different "
                    "kinds and cannot be compared",
                    options.a, options.b));
  }
  execute::Recorder recorder(store::RunWriter::Create(context.results, options.name,
                                                      plan::ToToml(plan), DescribeEnvironment()));
  execute::Progress progress;
  LiveComparison live(work, RulesOf(options), recorder, progress);
  store::Run run;
  const compare::Comparison comparison = live.Measure(run);
  recorder.Finish();
  return ConcludeRun(context, store::ReadRun(recorder.Folder()), offered, {comparison},
                     options.outcome);
}

}  // namespace

std::vector<std::string> CellsOfComparison(const Context& context, const CompareOptions& options) {
  const bool stored = !store::FindRun(context.results, options.a).empty() ||
                      !store::FindRun(context.results, options.b).empty();
  return stored ? CellsOfStored() : std::vector<std::string>{options.a, options.b};
}

int Compare(const Context& context, const CompareOptions& options) {
  const std::filesystem::path a = store::FindRun(context.results, options.a);
  const std::filesystem::path b = store::FindRun(context.results, options.b);
  if (!a.empty() && !b.empty()) {
    return CompareStored(context, options, store::ReadRun(a), store::ReadRun(b));
  }
  if (a.empty() != b.empty()) {
    sys::ThrowUsage(
        fmt::format("'{}' is a stored run, but no run is called '{}'; "
                    "./run.sh list runs shows them",
                    a.empty() ? options.b : options.a, a.empty() ? options.a : options.b));
  }
  for (const std::string& side : {options.a, options.b}) {
    if (side.find('/') == std::string::npos && !side.starts_with("native")) {
      sys::ThrowUsage(
          fmt::format("'{}' is neither a stored run or baseline (./run.sh list runs) "
                      "nor a cell (native, or ARCH/KERNEL/CPU/CLOCK)",
                      side));
    }
  }
  return CompareCells(context, options);
}

}  // namespace procmark::cli

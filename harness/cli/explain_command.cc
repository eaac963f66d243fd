// SPDX-License-Identifier: MIT
// `explain BENCHMARK --cell CELL [--against CELL_OR_RUN]`: which function of the kernel executes
// the instructions of one operation, and what makes it dearer than elsewhere.
#include <fmt/format.h>

#include <optional>

#include "harness/cell/host.h"
#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/execute/explained.h"
#include "harness/execute/profile_visit.h"
#include "harness/explain/difference.h"
#include "harness/report/explanation_document.h"
#include "harness/report/render_text.h"
#include "harness/store/run_reader.h"
#include "harness/store/run_writer.h"
#include "harness/sys/complaint.h"

namespace procmark::cli {
namespace {

// The work of one benchmark in one cell.
execute::Work WorkOf(const plan::Plan& plan, const std::string& benchmark,
                     const std::string& cell) {
  execute::Work work;
  const cell::CellSpec spec = cell::CellSpec::Parse(cell);
  work.cells = {{spec.Name(), spec}};
  execute::RequireExplainable(work.cells.front());
  work.benchmarks = {benchmark};
  work.samples = plan.samples;
  work.warmups = plan.warmups;
  work.seed = plan.seed;
  return work;
}

explain::Explanation StoredExplanation(const std::filesystem::path& run,
                                       const std::string& benchmark) {
  for (explain::Explanation& one : execute::ReadExplanations(run)) {
    if (one.benchmark == benchmark) return std::move(one);
  }
  sys::ThrowUsage(fmt::format("the run in {} holds no explanation of {}", run.string(), benchmark));
}

report::Document DocumentOf(const std::optional<explain::Explanation>& before,
                            const explain::Explanation& after,
                            const report::ExplanationView& view) {
  if (!before) return report::ExplanationDocument(after, view);
  return report::DifferenceDocument(*before, after, explain::Compare(*before, after), view);
}

}  // namespace

std::vector<std::string> CellsOfExplain(const Context& context, const ExplainOptions& options) {
  std::vector<std::string> cells = {options.cell};
  if (!options.against.empty() && store::FindRun(context.results, options.against).empty()) {
    cells.push_back(options.against);
  }
  return cells;
}

int Explain(const Context& context, const ExplainOptions& options) {
  Offered offered = AskPrograms();
  AskAbout({options.benchmark}, offered);
  const plan::Plan plan = plan::LoadPlan(context.project / "plans" / "default.toml");
  const execute::Work work = WorkOf(plan, options.benchmark, options.cell);
  // A wrong name must not cost a measurement.
  std::optional<explain::Explanation> before;
  std::optional<execute::Work> work_before;
  if (!options.against.empty()) {
    const std::filesystem::path run = store::FindRun(context.results, options.against);
    if (run.empty()) {
      work_before = WorkOf(plan, options.benchmark, options.against);
    } else {
      before = StoredExplanation(run, options.benchmark);
    }
  }
  plan::Plan stored_plan = plan;
  stored_plan.name = "explain";
  stored_plan.cells = CellsOfExplain(context, options);
  stored_plan.benchmarks = {{"none"}, "", {options.benchmark}};
  stored_plan.tests = {{"none"}, "", {}};
  execute::Recorder recorder(store::RunWriter::Create(
      context.results, options.name, plan::ToToml(stored_plan), cell::DescribeHost()));
  execute::Progress progress;
  if (work_before) {
    before =
        execute::ExplainBenchmark(*work_before, work_before->cells.front(), recorder, progress);
  }
  const explain::Explanation after =
      execute::ExplainBenchmark(work, work.cells.front(), recorder, progress);
  if (before) execute::WriteDifference(*before, after, recorder.Folder());
  recorder.Finish();
  fmt::print("{}", report::RenderText(DocumentOf(before, after, options.view)));
  fmt::print(stderr, "stored as {}\n", (recorder.Folder() / "explain").string());
  return 0;
}

}  // namespace procmark::cli

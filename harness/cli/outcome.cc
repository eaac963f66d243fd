// SPDX-License-Identifier: MIT
#include "harness/cli/outcome.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <set>

#include "harness/cell/spec.h"
#include "harness/compare/exit_decision.h"
#include "harness/execute/guest_job.h"
#include "harness/report/exporters.h"
#include "harness/report/render_text.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"

namespace procmark::cli {
namespace {

namespace fs = std::filesystem;

compare::Date Today() {
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return {static_cast<int>(today.year()), static_cast<int>(static_cast<unsigned>(today.month())),
          static_cast<int>(static_cast<unsigned>(today.day()))};
}

compare::Expectations ReadExpectations(const Context& context) {
  const fs::path file = context.project / "conformance" / "expectations.toml";
  sys::Result<std::string> text = sys::ReadSmallFile(file.string());
  if (!text) {
    sys::ThrowUsage(fmt::format("cannot read the expected deviations {}: {}", file.string(),
                                text.Failure().Text()));
  }
  return compare::ParseExpectations(text.Value(), file.string(), Today());
}

std::vector<report::Command> HowToReproduce(const store::Run& run) {
  std::vector<report::Command> commands = {
      {"Check the record and make this report again", "./run.sh report " + run.id}};
  for (const store::Cell& cell : run.cells) {
    commands.push_back({"Measure " + cell.name + " again",
                        fmt::format("./run.sh run --cell '{}'",
                                    cell::CellSpec::Parse(cell.name.substr(0, cell.name.find('#')))
                                        .WithKernelVersion(execute::KernelVersionOf(cell))
                                        .Name())});
  }
  std::error_code none;
  std::set<std::string> profiles;
  for (const fs::directory_entry& entry : fs::directory_iterator(run.folder / "perf", none)) {
    profiles.insert(entry.path().filename().string());
  }
  for (const std::string& name : profiles) {
    const std::string file = (fs::path("results/runs") / run.id / "perf" / name).string();
    commands.push_back({"What perf saw: perf/" + name,
                        name.ends_with(".data") ? "perf report -i " + file : "cat " + file});
  }
  return commands;
}

void WriteFile(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) {
    sys::ThrowLost(
        fmt::format("cannot write {}: is the disk full? The run itself is safe: "
                    "./run.sh report {} writes its reports again",
                    file.string(), file.parent_path().filename().string()));
  }
}

}  // namespace

int ConcludeRun(const Context& context, const store::Run& run, const Offered& offered,
                const std::vector<compare::Comparison>& comparisons,
                const OutcomeOptions& options) {
  report::ReportInputs inputs;
  inputs.comparisons = comparisons;
  inputs.expectations = ReadExpectations(context);
  for (const cell::TestInfo& test : offered.tests) {
    inputs.known_tests.push_back(test.name);
    inputs.says[test.name] = test.says;
  }
  for (const cell::BenchmarkInfo& benchmark : offered.benchmarks) {
    inputs.sentences[benchmark.name] = benchmark.sentence;
  }
  inputs.bounded_by_limit = BoundedByLimit(offered);
  inputs.peers = PeerOf(offered);
  inputs.reproduce = HowToReproduce(run);
  const report::Report report = report::MakeReport(run, std::move(inputs));
  const report::Document document = report::MakeDocument(report);
  for (const report::Exporter& exporter : report::kExporters) {
    WriteFile(run.folder / exporter.file_name, exporter.render({report, document}));
  }
  if (!options.junit.empty()) WriteFile(options.junit, report::ExportJunit({report, document}));
  fmt::print("{}", report::RenderText(document));
  std::fflush(stdout);
  fmt::print(stderr, "reports are in {}\n", run.folder.string());
  return static_cast<int>(compare::DecideExit(report.findings, options.fail_on_inconclusive));
}

}  // namespace procmark::cli

// SPDX-License-Identifier: MIT
// Runs perf(1).
#include "harness/execute/perf.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cell/installation.h"
#include "harness/cell/native_program.h"
#include "harness/execute/program_argv.h"
#include "harness/sys/child.h"
#include "harness/sys/interrupt.h"

namespace procmark::execute {
namespace {

namespace fs = std::filesystem;

constexpr long long kProbeMs = 20'000;
constexpr long long kSliceMs = 120'000;

// What can be counted is; the rest perf marks as not supported.
constexpr const char* kEvents =
    "task-clock,context-switches,cpu-migrations,page-faults,cycles:u,cycles:k,instructions:u,"
    "instructions:k,cache-misses,dTLB-load-misses";

std::string FirstLine(const std::string& text) {
  const size_t begin = text.find_first_not_of("\n ");
  return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

// `{}` of the kind that both subcommands take.
std::vector<std::string> PerfArgv(const std::string& subcommand, const fs::path& file) {
  if (subcommand == "stat") {
    return {"/usr/bin/env", "perf", "stat", "-x,", "-e", kEvents, "-o", file.string(), "--"};
  }
  return {"/usr/bin/env", "perf", "record", "-q", "-g", "-o", file.string(), "--"};
}

std::string FileName(const std::string& cell, const std::string& benchmark,
                     const std::string& subcommand) {
  std::string name = cell == "native" ? benchmark : cell + "+" + benchmark;
  std::ranges::replace(name, '/', '+');
  return name + (subcommand == "stat" ? ".csv" : ".data");
}

bool HasNative(const Work& work) {
  return std::ranges::any_of(work.cells, [](const NamedCell& named) { return named.spec.native; });
}

}  // namespace

PerfPass PlanPerf(const std::string& subcommand, const Work& work) {
  PerfPass pass{subcommand, false, ""};
  if (subcommand.empty()) return pass;
  const std::string skipped = fmt::format("perf {} is skipped: ", subcommand);
  if (!HasNative(work)) {
    pass.sentence = skipped + "no cell is native, and a guest has no perf";
    return pass;
  }
  if (work.benchmarks.empty()) {
    pass.sentence = skipped + "no benchmark is chosen";
    return pass;
  }
  std::vector<std::string> probe = PerfArgv(subcommand, "/dev/null");
  probe.emplace_back("true");
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand(probe, sys::Deadline::After(kProbeMs));
  constexpr int kNotFound = 127 << 8;
  if (!output) {
    pass.sentence = skipped + output.Failure().Text();
  } else if (output.Value().status == kNotFound) {
    pass.sentence = skipped + "it is not installed (Debian: linux-perf)";
  } else if (output.Value().status != 0) {
    pass.sentence = skipped + "it says: " + FirstLine(output.Value().err);
  } else {
    pass.possible = true;
    pass.sentence = fmt::format("perf {} of one slice of each benchmark is in perf/", subcommand);
  }
  return pass;
}

void TakePerf(const PerfPass& pass, const Work& work, const fs::path& folder, Progress& progress) {
  if (pass.subcommand.empty()) return;
  if (!pass.possible) return progress.Note(pass.sentence);
  fs::create_directories(folder / "perf");
  Progress::Part part =
      progress.Begin("perf " + pass.subcommand, static_cast<int64_t>(work.benchmarks.size()));
  int64_t files = 0;
  for (const NamedCell& named : work.cells) {
    if (!named.spec.native) continue;
    for (const std::string& benchmark : work.benchmarks) {
      if (sys::Interrupt::Requested()) return;
      part.Step(benchmark);
      const fs::path file = folder / "perf" / FileName(named.name, benchmark, pass.subcommand);
      std::vector<std::string> argv = PerfArgv(pass.subcommand, file);
      const std::vector<std::string> bench = BenchArgv(
          cell::FindPrograms(cell::HostArch()).bench.string(), work, named.spec, benchmark);
      argv.insert(argv.end(), bench.begin(), bench.end());
      bool measured = false;
      const cell::ProgramOutcome outcome =
          cell::RunNativeProgram(argv, sys::Deadline::After(kSliceMs), /*stop_on_interrupt=*/true,
                                 [&](const wire::Event& event) {
                                   measured |= std::holds_alternative<wire::Slice>(event);
                                 });
      if (measured && outcome.status == 0) {
        ++files;
        continue;
      }
      std::error_code none;
      fs::remove(file, none);
      progress.Note(fmt::format("perf {}: {} gave no slice ({})", pass.subcommand, benchmark,
                                sys::DescribeWaitStatus(outcome.status)));
    }
  }
  part.End(fmt::format("{} files in {}", files, (folder / "perf").string()));
}

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
#include "harness/execute/guest_job.h"

#include <fmt/format.h>

#include "harness/cell/machine.h"
#include "harness/execute/program_argv.h"
#include "harness/sys/sha256.h"

namespace procmark::execute {
namespace {

// On the guest's clock, where a busy instruction is a nanosecond under icount.
constexpr int64_t kGuestSliceDeadlineMs = 120'000;
constexpr int64_t kGuestSuiteDeadlineMs = 3'600'000;
// A guest holds a job of 64 KiB (images/host/initramfs.h); what stands around the programs takes
// some.
constexpr size_t kMostJobBytes = 60'000;

// Without the paths of this machine's cache: the hashes stand for those files.
std::string ShownArgv(const cell::PreparedGuest& guest) {
  std::vector<std::string> words = guest.Argv(cell::Console::kPipes);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-kernel" || words[i] == "-initrd") words[i + 1] = words[i].substr(1);
  }
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::vector<Job> MakeJobs(const Work& work, const NamedCell& named,
                          const std::vector<plan::Step>& steps,
                          const std::vector<std::string>& tests, const Recorder* recorder) {
  std::vector<Job> jobs;
  size_t bytes = 0;
  const auto with_room_for = [&](size_t more) -> Job& {
    if (jobs.empty() || bytes + more > kMostJobBytes) {
      jobs.emplace_back().guest.fault = work.guest_fault;
      bytes = 0;
    }
    bytes += more;
    return jobs.back();
  };
  for (const plan::Step& step : steps) {
    if (recorder != nullptr && recorder->Settled(step.cell, step.round, step.benchmark)) continue;
    cell::GuestJob alone;
    alone.programs = {
        {BenchArgv(cell::kGuestBench, work, named.spec, step.benchmark), kGuestSliceDeadlineMs}};
    Job& job = with_room_for(alone.Json().size());
    job.steps.push_back(step);
    job.guest.programs.push_back(std::move(alone.programs.front()));
  }
  for (const std::string& test : tests) {
    if (recorder != nullptr && recorder->TestSettled(named.name, test)) continue;
    with_room_for(test.size() + 1).tests.push_back(test);
  }
  for (Job& job : jobs) {
    if (job.tests.empty()) continue;
    job.guest.programs.push_back(
        {ConformanceArgv(cell::kGuestConformance, job.tests), kGuestSuiteDeadlineMs});
  }
  return jobs;
}

cell::GuestLimits LimitsOf(const Work& work, const cell::CellSpec& spec) {
  const cell::Machine& machine = cell::MachineOf(spec.arch);
  cell::GuestLimits limits = work.guest_limits;
  limits.guest_memory_mib = spec.memory_mib;
  limits.silent_power_off = machine.silent_power_off;
  limits.needed_cpu = machine.needed_cpu;
  return limits;
}

store::Cell DescribeGuest(const NamedCell& named, const cell::PreparedGuest& guest,
                          Recorder& recorder) {
  store::Cell cell;
  cell.name = named.name;
  cell.clock = named.spec.clock;
  cell.inputs["kernel.sha256"] = guest.kernel.sha256;
  // On the other clocks the job of each boot is in it.
  if (cell.clock == store::Clock::kExact) cell.inputs["initramfs.sha256"] = guest.image.sha256;
  cell.inputs["programs.sha256"] = guest.image.programs_sha256;
  if (!guest.image.modules_sha256.empty())
    cell.inputs["modules.sha256"] = guest.image.modules_sha256;
  if (named.spec.lab) cell.inputs["lab.sha256"] = guest.image.lab_sha256;
  cell.inputs["qemu.sha256"] = guest.qemu_sha256;
  cell.inputs["qemu.version"] = guest.qemu_version;
  cell.inputs["qemu.argv"] = ShownArgv(guest);
  cell.environment["kernel.package"] = guest.kernel.package;
  cell.environment["kernel.package_version"] = guest.kernel.version;
  cell.environment["kernel.release"] = guest.kernel.release;
  if (!guest.kernel.config.empty()) {
    if (const auto digest = sys::Sha256OfFile(guest.kernel.config)) {
      cell.environment["kernel.config_sha256"] = digest.Value();
      recorder.AddKernelConfig(digest.Value(), cell::ReadKernelConfig(guest.kernel.config));
    }
  } else {
    cell.environment["kernel.config"] =
        guest.kernel.package.empty()
            ? "unknown: there is none beside the image"
            : "unknown: no package that the mirror had when it was fetched holds it";
  }
  return cell;
}

void SkipAll(const NamedCell& named, const std::vector<std::string>& benchmarks,
             const std::vector<std::string>& tests, const std::string& reason, Recorder& recorder) {
  store::Cell cell;
  cell.name = named.name;
  cell.clock = named.spec.clock;
  recorder.Add(cell);
  for (const std::string& benchmark : benchmarks) {
    recorder.AddSkip(named.name, {benchmark, reason});
  }
  for (const std::string& test : tests) {
    recorder.AddTest(named.name,
                     {.test = test, .verdict = wire::TestVerdict::kSkip, .reason = reason});
  }
}

void LoseCell(const Work& work, const NamedCell& named, const sys::Complaint& complaint,
              Recorder& recorder) {
  const bool alone = work.cells.size() == 1 || work.each_cell_counts;
  if (complaint.Code() == sys::ExitCode::kUsage && alone) throw complaint;
  if (!recorder.WasReady(named.name)) {
    store::Cell cell;
    cell.name = named.name;
    cell.clock = named.spec.clock;
    recorder.Add(cell);
  }
  recorder.AddLoss({named.name, store::LossKind::kLost,
                    fmt::format("the cell came to nothing: {}", complaint.what()), "",
                    Reproduce(work, named)});
  for (const std::string& benchmark : work.benchmarks) recorder.GiveUp(named.name, benchmark);
  for (const std::string& test : work.tests) recorder.GiveUp(named.name, test);
}

std::string Reproduce(const Work& work, const NamedCell& named, const std::string& kernel_version,
                      const Only& only) {
  std::string line =
      fmt::format("./run.sh run --cell '{}'", named.spec.WithKernelVersion(kernel_version).Name());
  if (!only.benchmark.empty()) line += fmt::format(" --benchmark '{}'", only.benchmark);
  if (!only.test.empty()) {
    std::string pattern;
    for (const char c : only.test) pattern += c == '.' ? std::string("\\.") : std::string(1, c);
    line += fmt::format(" --filter '^{}$'", pattern);
  }
  if (!work.guest_fault.empty()) line += " --guest-fault " + work.guest_fault;
  return line;
}

std::string KernelVersionOf(const store::Cell& cell) {
  const auto version = cell.environment.find("kernel.package_version");
  return version == cell.environment.end() ? "" : version->second;
}

}  // namespace procmark::execute

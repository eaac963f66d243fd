// SPDX-License-Identifier: MIT
#include "harness/execute/guest_visit.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cell/host.h"
#include "harness/cell/installation.h"
#include "harness/cell/prepared_guest.h"
#include "harness/execute/guest_job.h"
#include "harness/execute/kvm.h"
#include "harness/execute/take_jobs.h"
#include "harness/store/run_writer.h"
#include "harness/sys/complaint.h"
#include "harness/sys/temp_dir.h"

namespace procmark::execute {
namespace {

void RecordSteal(const NamedCell& named, int64_t ticks, Recorder& recorder, Progress& progress) {
  recorder.Count(named.name, "measured.stolen_ticks", ticks);
  if (ticks == 0) return;
  progress.Note(
      fmt::format("warning: {}: this host lost {} ticks to its own hypervisor meanwhile "
                  "(steal): its times are longer than the guest's work",
                  named.name, ticks));
}

}  // namespace

std::string WhyClockFails(const cell::CellSpec& spec) {
  if (spec.clock != store::Clock::kKvm) return "";
  if (spec.arch != cell::HostArch()) {
    return fmt::format("KVM runs guests of this machine's own architecture alone ({}), not of {}",
                       cell::HostArch(), spec.arch);
  }
  const cell::KvmVerdict verdict = KvmOfThisMachine(spec);
  return verdict.works ? "" : "KVM does not run guests here: " + verdict.reason;
}

namespace {

// KVM worked when the visit began.
void AddWhatBrokeKvm(cell::GuestOutcome& outcome) {
  if (outcome.end != cell::GuestEnd::kLost) return;
  const std::string reason = cell::DiagnoseKvm(cell::ReadKvmHost()).reason;
  if (!reason.empty()) outcome.sentence += "; KVM broke meanwhile: " + reason;
}

void VisitWorkingGuest(const Work& work, const NamedCell& named,
                       const std::vector<plan::Step>& steps, const std::vector<std::string>& tests,
                       Recorder& recorder, Progress& progress, Progress::Part& part) {
  sys::Result<sys::TempDir> folder = sys::TempDir::CreateOwned();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  const std::filesystem::path initramfs = folder.Value().Path() / "initramfs";
  part.Step("kernel and initramfs");
  cell::PreparedGuest guest = cell::PrepareGuest(named.spec, {}, initramfs);
  const store::Cell cell = DescribeGuest(named, guest, recorder);
  recorder.Add(cell);
  const bool kvm = named.spec.clock == store::Clock::kKvm;
  const cell::GuestLimits limits = LimitsOf(work, named.spec);
  const Taken taken =
      TakeJobs(work, named, cell, steps, tests, recorder, part,
               [&](const Job& job, const cell::Guest::OnEvent& on_event) {
                 part.Step("booting");
                 guest.image = cell::PackBootImage(named.spec, guest.kernel, job.guest, initramfs);
                 const int64_t stolen_before = cell::StolenTicks();
                 cell::GuestOutcome outcome = cell::RunGuest(guest.Argv(cell::Console::kPipes),
                                                             limits, on_event, /*pinned=*/kvm);
                 if (kvm) {
                   RecordSteal(named, cell::StolenTicks() - stolen_before, recorder, progress);
                   AddWhatBrokeKvm(outcome);
                 }
                 return outcome;
               });
  part.End(
      fmt::format("{} slices, {} tests{}", taken.slices, taken.tests,
                  taken.failures > 0 ? fmt::format(", {} guests failed", taken.failures) : ""));
}

}  // namespace

void VisitGuest(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
                const std::vector<std::string>& tests, Recorder& recorder, Progress& progress) {
  const std::vector<Job> jobs = MakeJobs(work, named, steps, tests, &recorder);
  if (jobs.empty()) return;
  size_t parts = 0;
  for (const Job& job : jobs) parts += job.steps.size() + job.tests.size();
  Progress::Part part = progress.Begin(named.name, static_cast<int64_t>(parts));
  if (const std::string why = WhyClockFails(named.spec); !why.empty()) {
    if (recorder.WasReady(named.name)) {
      const sys::Complaint broken(sys::ExitCode::kLost, "KVM ran guests before and broke: " + why);
      LoseCell(work, named, broken, recorder);
      part.End(broken.what());
      return;
    }
    SkipAll(named, work.benchmarks, work.tests, why, recorder);
    part.End("skipped: " + why);
    return;
  }
  const auto complaint = store::CatchComplaint({sys::ExitCode::kLost, sys::ExitCode::kUsage}, [&] {
    VisitWorkingGuest(work, named, steps, tests, recorder, progress, part);
  });
  if (!complaint) return;
  LoseCell(work, named, *complaint, recorder);
  part.End(complaint->what());
}

std::vector<std::string> DryRunGuest(const Work& work, const NamedCell& named,
                                     const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const std::vector<Job> jobs =
      MakeJobs(work, named, plan::Interleave({named.name}, work.benchmarks, 0, 1, work.seed),
               work.tests, nullptr);
  std::string file_name = named.spec.Name();
  std::ranges::replace(file_name, '/', '_');
  std::vector<std::string> lines;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const std::string number = i == 0 ? "" : fmt::format("-{}", i + 1);
    const cell::PreparedGuest guest =
        cell::PrepareGuest(named.spec, jobs[i].guest, folder / (file_name + number + ".initramfs"));
    std::string& line = lines.emplace_back();
    for (const std::string& word : guest.Argv(cell::Console::kByHand)) {
      const bool plain = word.find_first_of(" ;&|$'\"\\*?<>()") == std::string::npos;
      line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
    }
  }
  return lines;
}

}  // namespace procmark::execute

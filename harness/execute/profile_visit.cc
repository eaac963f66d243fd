// SPDX-License-Identifier: MIT
#include "harness/execute/profile_visit.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "harness/cell/exact_guest.h"
#include "harness/cell/installation.h"
#include "harness/cell/kernel_symbols.h"
#include "harness/execute/exact_visit.h"
#include "harness/execute/guest_job.h"
#include "harness/execute/guest_listener.h"
#include "harness/execute/parallel.h"
#include "harness/explain/symbols.h"
#include "harness/sys/temp_dir.h"
#include "harness/sys/whole_file.h"

namespace procmark::execute {
namespace {

namespace fs = std::filesystem;

constexpr int kGuestsAtOnce = 2;

// What a guest said, event by event.
struct Heard {
  std::vector<std::string> lines;
  std::optional<wire::Slice> slice;
  std::string refusal;  // why there is none

  void On(const wire::Event& event) {
    lines.push_back(wire::Encode(event));
    if (const auto* taken = std::get_if<wire::Slice>(&event)) slice = *taken;
    if (const auto* skip = std::get_if<wire::Skip>(&event)) refusal = skip->reason;
    if (const auto* refused = std::get_if<wire::Refused>(&event)) refusal = refused->reason;
  }
};

void RequireEnd(const cell::GuestOutcome& outcome, const char* which) {
  if (outcome.end == cell::GuestEnd::kInterrupted) {
    throw sys::Complaint(sys::ExitCode::kInterrupted, "interrupted");
  }
  if (outcome.end == cell::GuestEnd::kRefused) {
    sys::ThrowUsage("there can be no such guest: " + outcome.sentence);
  }
  if (outcome.end != cell::GuestEnd::kDone) {
    sys::ThrowLost(fmt::format("the {} guest failed: {}", which, outcome.sentence));
  }
}

// One guest that is profiled.
class ProfiledGuest {
 public:
  ProfiledGuest(const Work& work, const NamedCell& named, Recorder& recorder)
      : work_(work),
        named_(named),
        recorder_(recorder),
        limits_(LimitsOf(work, named.spec)),
        guest_(named.spec, limits_, !work.no_snapshots) {}

  ProfiledSlice Take(Progress::Part& part);

 private:
  void TakeAsEverySlice(const Job& job, const store::Cell& cell, Heard& heard,
                        Progress::Part& part);
  void TakeWatched(const Job& job, const fs::path& folder, Heard& heard);

  const Work& work_;
  const NamedCell& named_;
  Recorder& recorder_;
  cell::GuestLimits limits_;
  cell::ExactGuest guest_;
};

void ProfiledGuest::TakeAsEverySlice(const Job& job, const store::Cell& cell, Heard& heard,
                                     Progress::Part& part) {
  GuestListener listener(work_, named_, cell, job, recorder_, part);
  const cell::GuestOutcome outcome = guest_.Run(job.guest, limits_, [&](const wire::Event& event) {
    listener.On(event);
    heard.On(event);
  });
  listener.Conclude(outcome);
  RequireEnd(outcome, "unwatched");
}

void ProfiledGuest::TakeWatched(const Job& job, const fs::path& folder, Heard& heard) {
  const std::string plugin =
      fmt::format("{},map={},out={}", cell::FindProfilePlugin().string(),
                  (folder / "code-map").string(), (folder / "profile").string());
  const cell::GuestOutcome outcome =
      guest_.Run(job.guest, limits_, [&heard](const wire::Event& event) { heard.On(event); },
                 {"-plugin", plugin});
  RequireEnd(outcome, "watched");
}

ProfiledSlice ProfiledGuest::Take(Progress::Part& part) {
  if (guest_.BootFailure()) RequireEnd(*guest_.BootFailure(), "booting");
  ProfiledSlice taken;
  taken.cell = DescribeExactGuest(work_, named_, guest_, recorder_);
  recorder_.Add(taken.cell);
  part.Step("reading the kernel's symbols");
  taken.kallsyms = cell::KernelSymbols(guest_, limits_);
  sys::Result<sys::TempDir> folder = sys::TempDir::CreateOwned();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  sys::WriteWholeFile(folder.Value().Path() / "code-map",
                      explain::MakeSymbolTable(named_.spec.arch, taken.kallsyms).map.Text());
  const std::vector<Job> jobs = MakeJobs(work_, named_, StepsOf(work_, named_), {}, nullptr);
  part.Step(work_.benchmarks.front());
  Heard unwatched;
  Heard watched;
  DoAll({[&] { TakeAsEverySlice(jobs.front(), taken.cell, unwatched, part); },
         [&] { TakeWatched(jobs.front(), folder.Value().Path(), watched); }},
        kGuestsAtOnce);
  if (unwatched.lines != watched.lines) {
    sys::ThrowLost("the guest that was watched did not say what the unwatched one said");
  }
  if (!unwatched.slice) {
    sys::ThrowUsage(fmt::format("{} cannot be measured in {}: {}", work_.benchmarks.front(),
                                named_.name, unwatched.refusal));
  }
  taken.slice = *unwatched.slice;
  taken.profile = sys::ReadWholeFile(folder.Value().Path() / "profile");
  return taken;
}

}  // namespace

void RequireExplainable(const NamedCell& named) {
  if (!named.spec.native && named.spec.clock == store::Clock::kExact && named.spec.cpus == 1) {
    return;
  }
  sys::ThrowUsage(fmt::format(
      "{} cannot be explained: name a cell ARCH/KERNEL/CPU/exact with one CPU", named.name));
}

ProfiledSlice TakeProfile(const Work& work, const NamedCell& named, Recorder& recorder,
                          Progress& progress) {
  RequireExplainable(named);
  Progress::Part part = progress.Begin(named.name, 2);
  part.Step("getting the guest ready");
  ProfiledSlice taken = ProfiledGuest(work, named, recorder).Take(part);
  part.End(work.benchmarks.front());
  return taken;
}

}  // namespace procmark::execute

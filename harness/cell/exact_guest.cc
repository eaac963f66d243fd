// SPDX-License-Identifier: MIT
#include "harness/cell/exact_guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "harness/store/run_writer.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/sha256.h"
#include "harness/sys/whole_file.h"

namespace procmark::cell {
namespace {

namespace fs = std::filesystem;

// The files of a snapshot. Where a restored guest gave other records there is only the reason.
constexpr const char* kMemory = "memory";          // the guest's RAM
constexpr const char* kState = "state";            // the rest of its state: QEMU's migration stream
constexpr const char* kRecords = "records";        // what it had written so far
constexpr const char* kTroublesFile = "troubles";  // the kernel's, one per line
constexpr const char* kWhyNot = "why-not";

// A small job that shows whether a restored guest computes the same as a booted one.
constexpr const char* kProbeBenchmark = "fork/to:reaped";
constexpr int64_t kProbeDeadlineMs = 120'000;
// A restored guest that is silent for longer than a boot takes hangs.
constexpr int64_t kProbeSilenceMs = 60'000;
constexpr long long kCopyMs = 300'000;

GuestJob ProbeJob() {
  GuestJob job;
  job.programs = {{{kGuestBench, std::string("--procmark_slice=") + kProbeBenchmark,
                    "--procmark_wire_fd=3", "--procmark_clock=instructions"},
                   kProbeDeadlineMs}};
  return job;
}

sys::TempDir Require(sys::Result<sys::TempDir> folder) {
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  return std::move(folder).Value();
}

// A guest's memory is a sparse file: its holes stay holes.
void CopySparse(const fs::path& from, const fs::path& to) {
  const sys::Result<sys::CommandOutput> copied = sys::RunCommand(
      {"cp", "--sparse=always", "--", from.string(), to.string()}, sys::Deadline::After(kCopyMs));
  if (!copied || copied.Value().status != 0) {
    sys::ThrowLost(fmt::format("cannot copy a guest's memory to {}: {}", to.string(),
                               copied ? copied.Value().err : copied.Failure().Text()));
  }
}

// With less than this left, a disk is what ended a QEMU whose memory is a file there.
constexpr uintmax_t kFullBytes = 16 << 20;

// "; the disk … is full …" for a folder on such a disk; else "".
std::string FullDisk(const fs::path& folder) {
  std::error_code unknown;
  const fs::space_info space = fs::space(folder, unknown);
  if (unknown || space.available >= kFullBytes) return "";
  return fmt::format(
      "; the disk that holds {} is full, and a guest's memory is a file there while its snapshot "
      "is made: free some space, or set PROCMARK_CACHE to a folder on another disk",
      folder.parent_path().string());
}

[[noreturn]] void ThrowInterrupted() {
  throw sys::Complaint(sys::ExitCode::kInterrupted, "interrupted while a snapshot was made");
}

void Ignore(const wire::Event&) {}

}  // namespace

ExactGuest::ExactGuest(const CellSpec& spec, const GuestLimits& limits, bool snapshots)
    : folder_(Require(sys::TempDir::CreateOwned())) {
  GuestJob job;
  job.handover = true;
  prepared_ = PrepareGuest(spec, job, folder_.Path() / "initramfs");
  if (!snapshots) {
    why_no_snapshot_ = "none was wanted";
    return;
  }
  if (spec.nodes > 1) {
    why_no_snapshot_ = "the memory of several nodes is not one file";
    return;
  }
  Snapshot found = FindSnapshot(Key());
  if (found.folder.empty()) {
    MakeSnapshot(limits);
  } else {
    UseSnapshot(std::move(found));
  }
}

// A digest of everything that a snapshot depends on. Files count by their content.
std::string ExactGuest::Key() const {
  PreparedGuest anonymous = prepared_;
  anonymous.files = {"kernel", "initramfs"};
  sys::Sha256 digest;
  for (const std::string& part : anonymous.Argv(Console::kPipes)) digest.Add(part + '\n');
  digest.Add(prepared_.qemu_version + '\n' + prepared_.qemu_sha256 + '\n' +
             prepared_.kernel.sha256 + '\n' + prepared_.image.sha256);
  return fmt::format("{}-{}", prepared_.spec.arch, digest.Hex().substr(0, 32));
}

void ExactGuest::UseSnapshot(Snapshot snapshot) {
  snapshot_ = std::move(snapshot);
  const fs::path& folder = snapshot_.folder;
  std::istringstream troubles(sys::ReadWholeFile(folder / kTroublesFile));
  boot_troubles_.clear();
  for (std::string line; std::getline(troubles, line);) boot_troubles_.push_back(line);
  if (fs::exists(folder / kWhyNot)) {
    why_no_snapshot_ = sys::ReadWholeFile(folder / kWhyNot);
    return;
  }
  memory_ = folder / kMemory;
  state_ = sys::ReadWholeFile(folder / kState);
  records_ = sys::ReadWholeFile(folder / kRecords);
}

void ExactGuest::MakeSnapshot(const GuestLimits& limits) {
  std::optional<sys::TempDir> made;
  const auto lost = store::CatchComplaint({sys::ExitCode::kLost}, [&] {
    made.emplace(Require(sys::TempDir::CreateOwnedIn(StagingFolder())));
    MakeSnapshotIn(made->Path(), limits);
  });
  if (!lost) return;
  if (sys::Interrupt::Requested()) ThrowInterrupted();
  // This says nothing about QEMU's snapshots: the next run tries again.
  why_no_snapshot_ = lost->what() + (made ? FullDisk(made->Path()) : "");
}

void ExactGuest::MakeSnapshotIn(const fs::path& staging, const GuestLimits& limits) {
  const fs::path live = staging / "live-memory";
  const fs::path folder = staging / "snapshot";
  fs::create_directory(folder);
  Guest booted(prepared_.Argv(Console::kPipes, GuestMemory{live, false}), limits, Ignore);
  bool settled = false;
  const auto hung_up = store::CatchComplaint(
      {sys::ExitCode::kLost}, [&] { settled = booted.RunTo(prepared_.image.handover); });
  if (hung_up) booted.Abandon(hung_up->what());
  if (!settled) {
    const GuestOutcome failure = booted.Finish();
    if (failure.end == GuestEnd::kLost && !FullDisk(staging).empty()) {
      sys::ThrowLost(failure.sentence);
    }
    boot_failure_ = failure;
    return;
  }
  Save(booted, live, folder);
  why_no_snapshot_ = Probe(booted, limits);
  if (!why_no_snapshot_.empty()) {
    for (const char* name : {kMemory, kState, kRecords}) fs::remove(folder / name);
    sys::WriteWholeFile(folder / kWhyNot, why_no_snapshot_);
  }
  sys::WriteWholeFile(folder / kTroublesFile, fmt::format("{}", fmt::join(boot_troubles_, "\n")));
  UseSnapshot(AdoptSnapshot(Key(), folder));
}

void ExactGuest::Save(Guest& booted, const fs::path& live, const fs::path& folder) {
  records_ = booted.Records();
  state_ = booted.Save();
  memory_ = folder / kMemory;
  CopySparse(live, memory_);
  sys::WriteWholeFile(folder / kState, state_);
  sys::WriteWholeFile(folder / kRecords, records_);
}

std::string ExactGuest::Probe(Guest& booted, const GuestLimits& limits) {
  booted.HandOver(prepared_.image.handover, ProbeJob().Json());
  const GuestOutcome expected = booted.Finish();
  boot_troubles_ = expected.kernel_troubles;
  GuestLimits probe_limits = limits;
  probe_limits.silence_ms = std::min(limits.silence_ms, kProbeSilenceMs);
  Guest restored(prepared_.Argv(Console::kPipes, GuestMemory{memory_, true}), probe_limits, Ignore);
  if (restored.Restore(state_, records_)) {
    restored.HandOver(prepared_.image.handover, ProbeJob().Json());
  }
  const GuestOutcome observed = restored.Finish();
  if (expected.end == GuestEnd::kInterrupted || observed.end == GuestEnd::kInterrupted) {
    ThrowInterrupted();
  }
  // A passing reason, such as a full disk, can end either of them.
  if (expected.end != GuestEnd::kDone) sys::ThrowLost("a booted guest fails: " + expected.sentence);
  if (observed.end != GuestEnd::kDone) {
    sys::ThrowLost("a restored guest fails: " + observed.sentence);
  }
  if (restored.Records() != booted.Records()) {
    return "a restored guest does not count as a booted one does";
  }
  return "";
}

GuestOutcome ExactGuest::Run(const GuestJob& job, const GuestLimits& limits,
                             const Guest::OnEvent& on_event,
                             const std::vector<std::string>& more_argv) const {
  const Handover& handover = prepared_.image.handover;
  const bool boots = !why_no_snapshot_.empty();
  std::vector<std::string> argv = boots
                                      ? prepared_.Argv(Console::kPipes)
                                      : prepared_.Argv(Console::kPipes, GuestMemory{memory_, true});
  argv.insert(argv.end(), more_argv.begin(), more_argv.end());
  Guest guest(argv, limits, on_event);
  return Conduct(guest, [&](Guest& it) {
    const bool ready = boots ? it.RunTo(handover) : it.Restore(state_, records_);
    if (ready) it.HandOver(handover, job.Json());
  });
}

}  // namespace procmark::cell

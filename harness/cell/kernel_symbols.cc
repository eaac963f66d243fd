// SPDX-License-Identifier: MIT
#include "harness/cell/kernel_symbols.h"

#include <fmt/format.h>

#include "harness/sys/complaint.h"
#include "harness/sys/temp_dir.h"
#include "harness/sys/whole_file.h"

namespace procmark::cell {
namespace {

constexpr const char* kSymbolsFile = "kallsyms";

std::string SlotOf(const ExactGuest& guest) { return guest.Key() + "-symbols"; }

std::string AskGuest(const ExactGuest& guest, const GuestLimits& limits) {
  GuestJob job;
  job.symbols = true;
  std::string symbols;
  const GuestOutcome outcome = guest.Run(job, limits, [&symbols](const wire::Event& event) {
    if (const auto* part = std::get_if<wire::Symbols>(&event)) symbols += part->text;
  });
  if (outcome.end == GuestEnd::kInterrupted) {
    throw sys::Complaint(sys::ExitCode::kInterrupted, "interrupted while the symbols were read");
  }
  if (outcome.end != GuestEnd::kDone) {
    sys::ThrowLost(fmt::format("the guest did not say its kernel's symbols: {}", outcome.sentence));
  }
  if (symbols.empty()) sys::ThrowLost("the guest's kernel has no symbols (CONFIG_KALLSYMS)");
  return symbols;
}

}  // namespace

std::string KernelSymbols(const ExactGuest& guest, const GuestLimits& limits) {
  const Snapshot known = FindSnapshot(SlotOf(guest));
  if (!known.folder.empty()) return sys::ReadWholeFile(known.folder / kSymbolsFile);
  const std::string symbols = AskGuest(guest, limits);
  sys::Result<sys::TempDir> made = sys::TempDir::CreateOwnedIn(StagingFolder());
  if (!made) sys::ThrowLost("cannot write to the cache: " + made.Failure().Text());
  const std::filesystem::path folder = made.Value().Path() / "symbols";
  std::filesystem::create_directory(folder);
  sys::WriteWholeFile(folder / kSymbolsFile, symbols);
  (void)AdoptSnapshot(SlotOf(guest), folder);
  return symbols;
}

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// ExactGuest: a guest whose clock counts instructions and that does jobs. It boots and settles
// once. Every job then starts from that state: from a snapshot if this QEMU restores it exactly,
// else by booting again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cell/prepared_guest.h"
#include "harness/sys/temp_dir.h"

namespace procmark::cell {

class ExactGuest {
 public:
  // Prepares the guest, and finds its snapshot or makes one: boots, saves, and lets the booted
  // guest and a restored one do the same small job. The snapshot is used only if their records are
  // equal to the byte; the result is kept with it. Without `snapshots`, each job boots. Throws what
  // PrepareGuest throws.
  ExactGuest(const CellSpec& spec, const GuestLimits& limits, bool snapshots = true);

  const PreparedGuest& Prepared() const { return prepared_; }
  // How the guest ended, if it ended before it had settled: this kernel does not boot here.
  const std::optional<GuestOutcome>& BootFailure() const { return boot_failure_; }
  // The oopses, BUGs and WARNINGs of the kernel while it booted.
  const std::vector<std::string>& BootTroubles() const { return boot_troubles_; }
  // "" when jobs start from a snapshot, else why each of them boots.
  const std::string& WhyNoSnapshot() const { return why_no_snapshot_; }

  // Does one job. May be called from several threads at once. Jobs do not see one another.
  // `more_argv` are further words for QEMU: a plugin, nothing that the guest could see.
  GuestOutcome Run(const GuestJob& job, const GuestLimits& limits, const Guest::OnEvent& on_event,
                   const std::vector<std::string>& more_argv = {}) const;

  // Names everything that the guest depends on before it gets a job: equal guests, equal keys.
  std::string Key() const;

 private:
  void UseSnapshot(Snapshot snapshot);
  void MakeSnapshot(const GuestLimits& limits);
  // The same in a folder of the cache. Throws a lost Complaint for what may not happen again.
  void MakeSnapshotIn(const std::filesystem::path& staging, const GuestLimits& limits);
  // Writes a guest that is stopped at its handover, with its memory in `live`, into `folder`.
  void Save(Guest& booted, const std::filesystem::path& live, const std::filesystem::path& folder);
  // Why a guest restored from what Save() wrote differs from `booted`, which runs to its end for
  // this; "" when it does not.
  std::string Probe(Guest& booted, const GuestLimits& limits);

  sys::TempDir folder_;  // of the initramfs
  PreparedGuest prepared_;
  std::optional<GuestOutcome> boot_failure_;
  std::vector<std::string> boot_troubles_;
  std::string why_no_snapshot_;
  Snapshot snapshot_;
  std::filesystem::path memory_;  // of the snapshot, as what follows
  std::string state_;
  std::string records_;
};

}  // namespace procmark::cell

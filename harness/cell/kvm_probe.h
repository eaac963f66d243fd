// SPDX-License-Identifier: MIT
// Does KVM run guests here? /dev/kvm may open, create a VM and still never print a line (nested
// paravirtual KVM), so only a canary boot tells. The verdict is kept until host or QEMU change.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/cell/guest.h"
#include "harness/cell/kvm_host.h"

namespace procmark::cell {

struct KvmVerdict {
  bool works = false;
  std::string reason;  // why not; or what the canary did
  std::string mend;    // what the user can do about it; "" when it works
};

struct KvmProbe {
  // What is wrong with KVM as far as can be told without a guest.
  std::function<KvmTrouble()> examine = [] { return DiagnoseKvm(ReadKvmHost()); };
  std::filesystem::path cache_file;  // where the verdict is kept; empty: nowhere
  std::string key;                   // what the verdict holds for: boot, device and QEMU
  // Boots the smallest guest under KVM and returns how it ended; called only when needed.
  std::function<GuestOutcome()> boot_canary;
};

// Never throws for a machine without working KVM: that is a verdict.
KvmVerdict ProbeKvm(const KvmProbe& probe);

// How long a canary boot may take: ten times as long as a slow real one. A machine with KVM that is
// itself emulated needs most of it.
inline constexpr GuestLimits kKvmCanaryLimits{
    .silence_ms = 60'000, .total_ms = 180'000, .most_output_bytes = 16 << 20};

}  // namespace procmark::cell

// Does KVM run guests here? /dev/kvm may open, create a VM and still never print a line (nested
// paravirtual KVM), so only a canary boot tells. The verdict is kept until host or QEMU change.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/cell/guest.h"

namespace procmark::cell {

struct KvmVerdict {
  bool works = false;
  std::string reason;  // why not; or what the canary did
};

// Opens the device and asks for its API version. "" when it answers as it should.
std::string WhyKvmDeviceFails(const std::filesystem::path& device);

struct KvmProbe {
  // Why the device is of no use, "" when it answers.
  std::function<std::string()> why_device_fails = [] { return WhyKvmDeviceFails("/dev/kvm"); };
  std::filesystem::path cache_file;  // where the verdict is kept; empty: nowhere
  std::string key;                   // of what the verdict holds for: boot id and QEMU version
  // Boots the smallest guest under KVM and returns how it ended; called only when needed.
  std::function<GuestOutcome()> boot_canary;
};

// Never throws for a machine without working KVM: that is a verdict.
KvmVerdict ProbeKvm(const KvmProbe& probe);

// How long a canary boot may take: an order of magnitude above a slow real one.
inline constexpr GuestLimits kKvmCanaryLimits{
    .silence_ms = 20'000, .total_ms = 60'000, .most_output_bytes = 16 << 20};

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// The architectures whose guests are profiled.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace procmark::explain {

enum class Arch : uint8_t { kAmd64, kArm64, kRiscv64, kPpc64el, kS390x, kArmhf };

// The architecture that QEMU calls `target` ("x86_64"), if procmark profiles it.
std::optional<Arch> ArchOfTarget(std::string_view target);

// Whether calls and returns are recognised. Elsewhere a profile is flat: functions without callers.
constexpr bool HasCallTree(Arch arch) {
  return arch == Arch::kAmd64 || arch == Arch::kArm64 || arch == Arch::kRiscv64;
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "harness/explain/architecture.h"

#include <array>
#include <utility>

namespace procmark::explain {

std::optional<Arch> ArchOfTarget(std::string_view target) {
  constexpr std::array<std::pair<std::string_view, Arch>, 6> kTargets = {
      {{"x86_64", Arch::kAmd64},
       {"aarch64", Arch::kArm64},
       {"riscv64", Arch::kRiscv64},
       {"ppc64", Arch::kPpc64el},
       {"s390x", Arch::kS390x},
       {"arm", Arch::kArmhf}}};
  for (const auto& [name, arch] : kTargets) {
    if (name == target) return arch;
  }
  return std::nullopt;
}

}  // namespace procmark::explain

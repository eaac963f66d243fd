// SPDX-License-Identifier: MIT
#include "harness/cell/refusal.h"

#include <algorithm>
#include <array>
#include <vector>

namespace procmark::cell {
namespace {

// All of the words are in one line.
using Words = std::vector<std::string_view>;

bool HasAll(std::string_view line, const Words& words) {
  return std::ranges::all_of(
      words, [line](std::string_view word) { return line.find(word) != std::string_view::npos; });
}

}  // namespace

// As QEMU 7.2 words it (softmmu/vl.c, hw/core/machine-smp.c, hw/core/numa.c, hw/arm/virt.c,
// qom/object.c, target/*/cpu.c); what only later ones say is from 9.2's hw/core/machine.c.
bool QemuRefuses(std::string_view stderr_text) {
  static const std::array<Words, 11> kRefusals = {
      Words{"unable to find CPU model"},
      Words{"Invalid CPU model"},
      Words{"Invalid CPU type"},
      Words{"CPU type", "not supported"},
      Words{"CPU model", "requires KVM"},
      Words{"is not available for CPU model"},
      Words{"not available in the configuration"},
      Words{"unsupported machine type"},
      Words{"NUMA is not supported by this machine"},
      Words{"Invalid SMP CPUs"},
      Words{"Property '", "not found"},
  };
  while (!stderr_text.empty()) {
    const size_t end = stderr_text.find('\n');
    const std::string_view line = stderr_text.substr(0, end);
    for (const Words& words : kRefusals) {
      if (HasAll(line, words)) return true;
    }
    stderr_text.remove_prefix(end == std::string_view::npos ? stderr_text.size() : end + 1);
  }
  return false;
}

// accel/kvm/kvm-all.c kvm_cpu_exec(), kvm_handle_internal_error(); target/*/kvm.
bool KvmGaveUp(std::string_view stderr_text) {
  static constexpr std::array<std::string_view, 3> kWords = {
      "KVM internal error", "error: kvm run failed", "KVM: entry failed"};
  return std::ranges::any_of(kWords, [stderr_text](std::string_view word) {
    return stderr_text.find(word) != std::string_view::npos;
  });
}

// arch/x86/boot/cpu.c, arch/s390/boot/als.c, arch/arm/kernel/head-common.S.
bool KernelRefusesCpu(std::string_view line) {
  static const std::array<Words, 4> kRefusals = {
      Words{"This kernel requires an", "CPU"},
      Words{"use a kernel appropriate for your CPU"},
      Words{"requires more recent processor hardware"},
      Words{"unrecognized/unsupported processor variant"},
  };
  return std::ranges::any_of(kRefusals, [line](const Words& words) { return HasAll(line, words); });
}

}  // namespace procmark::cell

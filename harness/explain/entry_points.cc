// SPDX-License-Identifier: MIT
#include "harness/explain/entry_points.h"

#include <algorithm>
#include <array>

namespace procmark::explain {
namespace {

constexpr uint64_t kEverywhere = ~uint64_t{0};
constexpr uint64_t kUpperHalf = uint64_t{1} << 63;

using Code = std::span<const NamedAddress>;

AddressRange RangeOf(Code code, std::string_view name) {
  const auto found = std::ranges::find(code, name, &NamedAddress::name);
  return found == code.end() ? AddressRange{} : found->range;
}

void AddPoint(const AddressRange& function, Entry entry, CodeMap& map) {
  if (function == AddressRange{}) return;
  map.entries.push_back({{function.begin, function.begin + 1}, 0, entry});
}

// Names of arch/x86/include/asm/idtentry.h and arch/x86/entry. Everything that hardware calls by
// the interrupt descriptor table has a stub of its own.
void DescribeAmd64(Code code, CodeMap& map) {
  map.stack_switch = RangeOf(code, "__switch_to_asm");
  for (const char* name : {"entry_SYSCALL_64", "entry_SYSCALL_compat", "entry_SYSENTER_compat",
                           "entry_INT80_compat", "asm_int80_emulation"}) {
    AddPoint(RangeOf(code, name), Entry::kSystemCall, map);
  }
  for (const NamedAddress& one : code) {
    if (one.name == "asm_exc_nmi" || one.name.starts_with("asm_sysvec_")) {
      AddPoint(one.range, Entry::kInterrupt, map);
    } else if (one.name.starts_with("asm_exc_")) {
      AddPoint(one.range, Entry::kException, map);
    }
  }
  // One stub for each vector, each a block of its own.
  for (const char* name : {"irq_entries_start", "spurious_entries_start"}) {
    const AddressRange stubs = RangeOf(code, name);
    if (stubs != AddressRange{}) map.entries.push_back({stubs, 0, Entry::kInterrupt});
  }
}

// The vector table: 16 entries of 128 bytes (Arm ARM, D1.3.1 "Exception entry"). Each kernel has
// several tables, and each group of four entries is synchronous, IRQ, FIQ, SError.
void DescribeArm64(Code code, CodeMap& map) {
  constexpr uint64_t kEntryBytes = 0x80;
  constexpr std::array<Entry, 4> kKinds = {Entry::kSynchronous, Entry::kInterrupt,
                                           Entry::kInterrupt, Entry::kException};
  map.stack_switch = RangeOf(code, "cpu_switch_to");
  for (const char* name : {"vectors", "__bp_harden_el1_vectors", "tramp_vectors"}) {
    const AddressRange table = RangeOf(code, name);
    if (table == AddressRange{}) continue;
    for (size_t kind = 0; kind < kKinds.size(); ++kind) {
      map.entries.push_back({{table.begin + kind * kEntryBytes, table.end},
                             kKinds.size() * kEntryBytes,
                             kKinds[kind]});
    }
  }
}

void DescribeRiscv64(Code code, CodeMap& map) {
  map.stack_switch = RangeOf(code, "__switch_to");
  map.firmware = {0x80000000, 0x80200000};  // OpenSBI, as QEMU's machine "virt" loads it
  AddPoint(RangeOf(code, "handle_exception"), Entry::kTrap, map);
}

}  // namespace

void DescribeArchitecture(const std::string& arch, std::span<const NamedAddress> code,
                          CodeMap& map) {
  map.task_end = RangeOf(code, "do_task_dead").begin;
  map.kernel = {kUpperHalf, kEverywhere};
  if (arch == "amd64") {
    DescribeAmd64(code, map);
  } else if (arch == "arm64") {
    DescribeArm64(code, map);
  } else if (arch == "riscv64") {
    DescribeRiscv64(code, map);
  } else if (arch == "s390x") {
    // Programs and the kernel have address spaces of their own, which overlap.
    map.kernel = {code.front().range.begin, code.back().range.begin + 0x100000};
  } else if (arch == "armhf") {
    map.kernel = {0xbf000000, uint64_t{1} << 32};  // from the modules on
  }
}

}  // namespace procmark::explain

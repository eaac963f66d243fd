// SPDX-License-Identifier: MIT
#include "harness/cell/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

constexpr const char* kVirtio = "/dev/vport0p1";
constexpr const char* kVirtioOrSerial = "/dev/vport0p1,/dev/ttyS0";
// Two ports are enough: each takes two queues of the guest's memory.
const std::vector<std::string> kVirtioDevice = {
    "-device", "virtio-serial,id=virtio,max_ports=2,ioeventfd=off", "-device",
    "virtserialport,bus=virtio.0,nr=1,name=procmark.records,chardev=records"};
const std::vector<std::string> kVirtioAndSerialDevice = {
    "-device", "virtio-serial,id=virtio,max_ports=2,ioeventfd=off",
    "-device", "virtserialport,bus=virtio.0,nr=1,name=procmark.records,chardev=records",
    "-device", "pci-serial,chardev=records2"};
// The generic timer counts at 62.5 MHz unless told otherwise; at 1 GHz, the frequency that ARMv8.6
// demands, one tick is one instruction (QEMU target/arm/cpu.c "cntfrq").
constexpr const char* kArmTimer = ",cntfrq=1000000000";

// QEMU 7.2's cmpxchg16b leaves rubbish in EFLAGS beside ZF. An interrupt right after it saves and
// restores all of it, VM and NT included, and the kernel dies by a double fault: seen with Debian's
// 6.12, whose allocator uses the instruction all the time, at the same instruction of every boot.
constexpr const char* kNoCmpxchg16b = ",-cx16";

const std::vector<Machine>& Machines() {
  static const std::vector<Machine> kMachines = {
      {.arch = "amd64",
       .machine = "pc",
       .console = "ttyS0",
       .exact_cpu = ",-rdrand,-rdseed",  // sources of real randomness
       .emulated_cpu = kNoCmpxchg16b,
       .cmdline = "tsc=reliable",
       .channel = "debugcon:0xe9",
       .needed_cpu = "lm",  // long mode; else the kernel's setup code halts, with its words on VGA
       .channel_device = {"-device", "isa-debugcon,iobase=0xe9,chardev=records"},
       .channel_chardevs = {"records"},
       // A guest under KVM on a machine that QEMU emulates may not use the port: see
       // images/guest/port_io.h.
       .spare_channel = ",/dev/ttyS1",
       .spare_device = {"-device", "isa-serial,chardev=records2"},
       .spare_chardev = "records2"},
      {.arch = "arm64",
       .machine = "virt,gic-version=3",
       .console = "ttyAMA0",
       .exact_cpu = kArmTimer,
       // The architected pointer authentication is three times as slow to emulate as QEMU's own.
       .max_cpu = ",pauth-impdef=on",
       .channel = kVirtioOrSerial,
       .channel_device = kVirtioAndSerialDevice,
       .channel_chardevs = {"records", "records2"}},
      {.arch = "armhf",
       .machine = "virt,highmem=off",  // PCI within 32 bits: Debian's armmp kernel has no LPAE
       .console = "ttyAMA0",
       .exact_cpu = kArmTimer,
       .channel = kVirtioOrSerial,
       .channel_device = kVirtioAndSerialDevice,
       .channel_chardevs = {"records", "records2"}},
      {.arch = "riscv64",
       .machine = "virt",
       .console = "ttyS0",
       // This driver would stop the cycle counter, which is the exact clock (bench/driver/tick.cc);
       // `time` ticks once in a hundred instructions.
       .cmdline = "initcall_blacklist=pmu_sbi_devinit",
       .channel = kVirtio,
       .silent_power_off = true,  // QEMU hw/misc/sifive_test.c
       .channel_device = kVirtioDevice,
       .channel_chardevs = {"records"}},
      {.arch = "ppc64el",
       .machine = "pseries",
       .console = "hvc0",
       .channel = kVirtio,
       .channel_device = kVirtioDevice,
       .channel_chardevs = {"records"}},
      {.arch = "s390x",
       .machine = "s390-ccw-virtio",
       .console = "ttysclp0",
       .channel = kVirtio,
       .channel_device = kVirtioDevice,
       .channel_chardevs = {"records"}},
  };
  return kMachines;
}

}  // namespace

const Machine& MachineOf(const std::string& arch) {
  const auto found =
      std::ranges::find(Machines(), arch, [](const Machine& machine) { return machine.arch; });
  if (found == Machines().end()) {
    sys::ThrowUsage(fmt::format("there are no guests of the architecture '{}'; it is one of {}",
                                arch, sys::ArchNames()));
  }
  return *found;
}

std::string CpuOf(const Machine& machine, const std::string& model, store::Clock clock) {
  std::string cpu = model;
  if (clock != store::Clock::kKvm) cpu += machine.emulated_cpu;
  if (model == "max" && clock != store::Clock::kKvm) cpu += machine.max_cpu;
  if (clock == store::Clock::kExact) cpu += machine.exact_cpu;
  return cpu;
}

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// Machine: what QEMU needs to know about one architecture.
#pragma once

#include <string>
#include <vector>

#include "harness/store/run.h"

namespace procmark::cell {

// The record channel must be synchronous (a byte is out when the instruction is done) for a guest
// to be exact. On amd64 that is the debug console port. Elsewhere it is a virtio-serial port with
// ioeventfd=off: the write to the doorbell then empties the queue before it ends, where with it
// QEMU's main loop would do so some time later (QEMU softmmu/memory.c
// memory_region_dispatch_write_eventfds, hw/char/virtio-serial-bus.c handle_output). Debian's
// kernels have its driver built in from 6.12 on; where they do not, the guest takes the second way
// (pci-serial).
struct Machine {
  const char* arch = "";          // Debian's name, as in harness/sys/arch.h
  const char* machine = "";       // -machine
  const char* console = "";       // as the kernel calls it
  const char* exact_cpu = "";     // appended to -cpu on the exact clock, see machine.cc
  const char* emulated_cpu = "";  // appended to -cpu wherever it is emulated, see machine.cc
  const char* max_cpu = "";       // appended to -cpu max where it is emulated
  const char* cmdline = "";       // what only this architecture needs
  const char* channel = "";       // procmark.channel= for init: the first that works
  // The property of QEMU's CPU without which no kernel of this architecture runs; "": none is
  // known.
  const char* needed_cpu = "";
  bool silent_power_off = false;  // its power-off ends QEMU by exit(3), without a SHUTDOWN event
  // Devices of the channel, whose host ends are the chardevs of these names.
  std::vector<std::string> channel_device;
  std::vector<std::string> channel_chardevs;
  // The last way for the records of guests that are not exact, where the one above can fail: what
  // stands behind it in procmark.channel=, its device, and the name of its chardev.
  const char* spare_channel = "";
  std::vector<std::string> spare_device = {};
  const char* spare_chardev = "";
};

// Throws a usage Complaint for an architecture without guests.
const Machine& MachineOf(const std::string& arch);

// The -cpu value of a model that a cell names, with what the architecture and the clock add.
std::string CpuOf(const Machine& machine, const std::string& model, store::Clock clock);

}  // namespace procmark::cell

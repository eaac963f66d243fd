// SPDX-License-Identifier: MIT
// Where the vCPUs of a KVM guest run: each on a CPU of its own, so that the host's scheduler does
// not move them about while they are measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cell/qmp.h"
#include "harness/sys/pid.h"

namespace procmark::cell {

// One CPU for each of `vcpus`, the last ones first (interrupts and QEMU's own threads keep to the
// first); nothing when that would leave no CPU for QEMU.
std::optional<std::vector<int>> VcpuPlaces(int vcpus, const std::vector<int>& usable_cpus);

// The CPUs this process may run on.
std::vector<int> UsableCpuNumbers();

// Binds a thread of `process` to a CPU (sched_setaffinity(2)). False when it is no thread of that
// process, or when the kernel refuses.
bool Bind(sys::Pid process, sys::Pid thread, int cpu);

// Binds each vCPU of `qemu`, whose thread it names by `monitor`, to a CPU of its own. Returns the
// CPUs as text, or why the vCPUs are not bound. Throws what Qmp::Command throws.
std::string PinVcpus(Qmp& monitor, sys::Pid qemu);

}  // namespace procmark::cell

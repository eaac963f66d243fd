// Where the vCPUs of a KVM guest run: each on a CPU of its own, so that the host's scheduler does
// not move them about while they are measured.
#pragma once

#include <optional>
#include <vector>

#include "harness/sys/pid.h"

namespace procmark::cell {

// One CPU for each of `vcpus`, the last ones first (interrupts and QEMU's own threads keep to the
// first); nothing when that would leave no CPU for QEMU.
std::optional<std::vector<int>> VcpuPlaces(int vcpus, const std::vector<int>& usable_cpus);

// The CPUs this process may run on.
std::vector<int> UsableCpuNumbers();

// Binds a thread to a CPU (sched_setaffinity(2)). False when the kernel refuses.
bool Bind(sys::Pid thread, int cpu);

}  // namespace procmark::cell

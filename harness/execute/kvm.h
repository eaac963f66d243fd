// SPDX-License-Identifier: MIT
// The verdict on this machine's KVM, probed on first need by a real guest.
#pragma once

#include "harness/cell/kvm_probe.h"
#include "harness/cell/spec.h"

namespace procmark::execute {

// The canary is the smallest guest of this architecture: it boots, says done and powers off. The
// verdict is kept in the cache until the host is booted again, its kvm module is loaded again, or
// its QEMU changes.
// `spec`'s QEMU is asked; without one, that of this machine.
cell::KvmVerdict KvmOfThisMachine(const cell::CellSpec& spec = {});

}  // namespace procmark::execute

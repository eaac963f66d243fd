// SPDX-License-Identifier: MIT
// Refusal: telling "this guest cannot be" from "this guest failed". QEMU and kernels say so in
// words; nothing else is taken for a refusal. The same for a KVM that fails.
#pragma once

#include <string_view>

namespace procmark::cell {

// Whether a QEMU that ended by itself says that it has no such CPU model, machine or property.
bool QemuRefuses(std::string_view stderr_text);

// Whether QEMU says that KVM stopped running the guest. QEMU then lives on, with the guest paused.
bool KvmGaveUp(std::string_view stderr_text);

// Whether a line of the console is a kernel that refuses the CPU it was started on.
bool KernelRefusesCpu(std::string_view line);

}  // namespace procmark::cell

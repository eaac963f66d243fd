// SPDX-License-Identifier: MIT
// ExportKernels: kernels copied into another cache, for a machine without a network.
#pragma once

#include <string>
#include <vector>

#include "images/host/cache.h"
#include "images/host/kernel.h"

namespace procmark::images {

// Copies Debian's kernels of these names for `arch` from the cache `from`, where they are fetched
// first when need be, into the cache `to`, with what the names stand for, so that a machine that
// uses `to` (PROCMARK_CACHE) finds them without a mirror. `modules`: with the kernels' modules;
// without, a kernel takes some 10 MB. Returns the kernels as they are in `from`. Throws Complaint:
// usage for a file: name, and as AcquireKernel() and Cache do.
std::vector<Kernel> ExportKernels(const Cache& from, const std::vector<KernelName>& names,
                                  const std::string& arch, const Cache& to, bool modules);

}  // namespace procmark::images

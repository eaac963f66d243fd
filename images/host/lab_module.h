// SPDX-License-Identifier: MIT
// The lab module of a kernel (lab/lab.c): built from that kernel's own headers by its own suite's
// compiler, in a folder that is thrown away, and cached.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "images/host/cache.h"
#include "images/host/kernel.h"

namespace procmark::images {

struct LabModule {
  std::filesystem::path path;  // lab.ko
  std::string sha256;
};

// The module of one of Debian's kernels: the one in the cache, or a new one when there is none for
// this kernel and today's source. `host_arch` is what the compiler runs on.
// Throws Complaint: usage for a kernel of the user's, or when a folder cannot be entered as root
// here (root or user namespaces are needed); lost for the network, the disk, a compiler that fails.
LabModule AcquireLabModule(const Cache& cache, const Kernel& kernel, const std::string& host_arch);

// What must be unpacked beside a linux-headers package with these "Depends:" to build a module of
// `arch` on `host_arch`: the headers that all flavours share, kbuild's programs, the compiler (a
// cross compiler when the architectures differ). Empty when `depends` names no compiler.
std::vector<std::string> ModuleBuildPackages(const std::string& depends, const std::string& arch,
                                             const std::string& host_arch);

// The suites that together hold a suite's packages and all they depend on, for AptRoot::Open.
std::string WholeSuites(const std::string& suite);

}  // namespace procmark::images

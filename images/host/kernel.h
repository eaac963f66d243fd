// SPDX-License-Identifier: MIT
// Kernels that guests can boot: Debian's, fetched into the cache, or a file of the user's.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "images/host/cache.h"
#include "images/host/kernel_name.h"

namespace procmark::images {

struct Kernel {
  std::string name;  // as the user gave it
  std::string arch;
  std::string release;                // uname -r; "" when a file does not tell
  std::string package;                // "" for a file
  std::string version;                // of the package; "" for a file
  std::string suite;                  // "" for a file
  std::filesystem::path path;         // the image
  std::string sha256;                 // of the image
  std::filesystem::path config;       // its .config; "" when there is none
  std::filesystem::path modules_dir;  // lib/modules/RELEASE; "" when there is none
  std::filesystem::path use_lock;     // Cache::UseLockOf its slot; "" for a file
};

nlohmann::json ToJson(const Kernel& kernel);

// The key of the slot (of kind "kernel") that holds this kernel of Debian's.
std::string KernelSlotKey(const std::string& arch, const std::string& release,
                          const std::string& version);

// The kernel that `name` means on `arch` (Debian's name of it), from the cache if it was
// resolved less than 24 hours ago, else by asking the mirror for the newest and fetching that if
// need be. When the mirror does not have a file that its own lists name, the next newest is
// taken, with a line on stderr. When the mirror cannot be asked, or this machine has no apt or no
// mirror at all, the last answer that is cached serves, with a line on stderr. A version that is
// named is taken from the cache if it is there: the mirror may have dropped it. The .config of a
// file is config-RELEASE or .config in its folder, or .config of the kernel tree that it was built
// in. Its modules are those of ModulesBeside(). Throws Complaint: usage for a bad name, an
// unknown architecture, a kernel that no suite has, a file that is not a kernel; lost for the
// network, the disk, or a package without a kernel in it.
Kernel AcquireKernel(const Cache& cache, const KernelName& name, const std::string& arch);

// A kernel that the mirror offers for an architecture. ListObtainable throws Complaint (lost) when
// no suite answers.
struct Obtainable {
  std::string arch;
  std::string name;
  std::string release;
  std::string version;
  std::string suite;
  bool cached = false;
};
std::vector<Obtainable> ListObtainable(const Cache& cache, const std::string& arch);

}  // namespace procmark::images

// SPDX-License-Identifier: MIT
// Modules of a kernel: what a name needs, in the order in which it must be loaded.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace procmark::images {

struct KernelModule {
  std::string name;   // "virtio_console"
  std::string bytes;  // the ELF object, uncompressed
};

// The modules of `names` and all that they depend on, each once and behind what it depends on.
// `folder` is a lib/modules/RELEASE, of whose files (NAME.ko, or compressed by xz, zstd or gzip)
// the names come and whose "depends" (kernel/module/main.c, modinfo(8)) are followed; no
// modules.dep is needed. '-' and '_' are one. A name that ends in '?' is left out where the folder
// has no such module; so is what modules.builtin says to be in the kernel. Throws Complaint: usage
// for a module that the folder does not have, or no folder; lost for a file that cannot be read or
// is no module.
std::vector<KernelModule> ReadModules(const std::filesystem::path& folder,
                                      const std::vector<std::string>& names);

// What a module's .modinfo section says that it depends on. Throws Complaint (lost) for bytes that
// are no module.
std::vector<std::string> DependenciesOf(std::string_view module);

// lib/modules/RELEASE that belongs to a kernel's image: under the image's folder, under the one
// above it (a /boot beside a /lib), or under those' usr. Where `release` is "" the image's name
// tells it (vmlinuz-RELEASE), or the folder holds no other. "" when there is none.
std::filesystem::path ModulesBeside(const std::filesystem::path& image, const std::string& release);

}  // namespace procmark::images

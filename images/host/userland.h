// SPDX-License-Identifier: MIT
// Userland: a C library, its loader and a shell for the programs of a guest.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace procmark::images {

// Of a sysroot: path in the guest ("lib64/ld-linux-x86-64.so.2", where dynamic programs name it;
// "lib/libc.so.6", where the loader looks last: ld.so(8); "bin/sh", which is busybox) -> file.
// Throws Complaint (usage) that says what the sysroot lacks and what to do.
std::map<std::string, std::filesystem::path> FindUserland(const std::filesystem::path& sysroot);

}  // namespace procmark::images

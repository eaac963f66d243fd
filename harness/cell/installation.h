// SPDX-License-Identifier: MIT
// Where the built programs are. CMakePresets.json and cmake/install.cmake put them there; no other
// file of the harness knows the layout.
#pragma once

#include <filesystem>
#include <string>

#include "harness/sys/arch.h"

namespace procmark::cell {

// The static programs of one architecture.
struct Programs {
  std::filesystem::path bench;
  std::filesystem::path conformance;
  std::filesystem::path init;
};

// BUILD/programs-ARCH/…, where BUILD is $PROCMARK_BUILD, PREFIX/lib/procmark of an installed
// harness, or the folder above that of the built harness. Throws a usage Complaint when they are
// not there.
Programs FindPrograms(const std::string& arch);

// The tool that fetches kernels and packs boot images, BUILD/harness/images/procmark-images. Throws
// a usage Complaint when it is not there.
std::filesystem::path FindImagesTool();

// QEMU's plugin that counts what a guest executes, by function. Throws a usage Complaint when it
// was not built.
std::filesystem::path FindProfilePlugin();

// Debian's name of the architecture that this harness runs on.
inline const char* HostArch() { return sys::kCompiledArch.name; }

}  // namespace procmark::cell

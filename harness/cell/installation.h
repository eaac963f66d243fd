// Where the built programs are. The build lays them out once (CMakePresets.json); this is the only
// place of the harness that knows.
#pragma once

#include <filesystem>
#include <string>

namespace procmark::cell {

// The static programs of one architecture.
struct Programs {
  std::filesystem::path bench;
  std::filesystem::path conformance;
  std::filesystem::path init;
};

// BUILD/programs-ARCH/…, where BUILD is $PROCMARK_BUILD or the folder above the harness's own.
// Throws a usage Complaint when they were not built.
Programs FindPrograms(const std::string& arch);

// The tool that acquires kernels and packs initramfs images: $PROCMARK_BUILD/harness/images/….
std::filesystem::path FindImagesTool();

// Debian's name of the architecture this harness runs on.
const char* HostArch();

}  // namespace procmark::cell

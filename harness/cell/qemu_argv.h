// SPDX-License-Identifier: MIT
// The QEMU command line of a guest: a pure function of what the guest is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cell/spec.h"

namespace procmark::cell {

// The descriptors a QEMU inherits; it reopens them by /dev/fd.
inline constexpr int kRecordsFd = 3;
inline constexpr int kConsoleFd = 4;
inline constexpr int kQmpFd = 5;
inline constexpr int kGdbFd = 6;  // exact guests only: see Guest::RunTo

// Where the guest's streams go.
enum class Console {
  kPipes,     // records, console and QMP on the descriptors above
  kTerminal,  // the console is this terminal (shell)
  kByHand,    // records.jsonl and console.log of the folder it is started in (dry run)
};

struct GuestFiles {
  std::filesystem::path kernel;
  std::filesystem::path initrd;
};

// A guest whose memory is a file. The guest sees no difference.
struct GuestMemory {
  std::filesystem::path file;
  // false: the guest writes to the file, and its state can be saved (cell/migration.h). true: the
  // guest starts from what the file holds, copies what it writes, and waits for its state.
  bool incoming = false;
};

// "qemu-system-x86_64" for amd64; throws a usage Complaint for an architecture without guests yet.
std::string QemuProgram(const std::string& arch);

// The same in the folder that the cell's axis qemu= names.
std::string QemuProgram(const CellSpec& spec);

// The Debian package that holds that program.
std::string QemuPackage(const std::string& arch);

// What makes the guest exact (clock kExact): TCG on one thread, icount with one instruction per
// nanosecond and no sleeping on the host's clock, a fixed seed and RTC, no hardware randomness, one
// vCPU. A guest of several memory nodes has no memory in one file: std::logic_error. Sources:
// qemu(1) -icount, -rtc, -seed; on QEMU 7.2 two runs are identical to the byte.
std::vector<std::string> QemuArgv(const CellSpec& spec, const GuestFiles& files, Console console,
                                  const std::optional<GuestMemory>& memory = std::nullopt);

}  // namespace procmark::cell

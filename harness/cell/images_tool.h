// Asks procmark-images for what boots. images/ is a program of its own; this is its only client.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/cell/spec.h"

namespace procmark::cell {

// A kernel in the cache, ready to boot.
struct Kernel {
  std::string release;  // uname -r
  std::string package;  // "" for file:PATH
  std::string version;  // of the package
  std::filesystem::path image;
  std::string sha256;
  std::filesystem::path config;  // may be empty (file:PATH)
};

// Finds, fetches or verifies the kernel of a cell. Throws a Complaint with the tool's own sentence.
Kernel AcquireKernel(const CellSpec& spec);

// One program that a guest's init shall run.
struct GuestProgram {
  std::vector<std::string> argv;  // argv[0] is a path inside the guest
  int64_t deadline_ms = 0;        // on the guest's clock
};

struct GuestJob {
  std::vector<GuestProgram> programs;
  int64_t settle_ms = 5000;  // slept before the first program; free on the exact clock
  std::string fault;         // canary: what init shall do wrong ("panic", "hang", "mute" …)
  bool shell = false;        // give a shell on the console instead
};

struct BootImage {
  std::string sha256;           // of the whole initramfs, the job included
  std::string programs_sha256;  // of all but the job
};

// Where the programs are inside a guest.
inline constexpr const char* kGuestBench = "/procmark/bench";
inline constexpr const char* kGuestConformance = "/procmark/conformance";

// Packs init, the programs of the cell's architecture and the job into `out`.
BootImage PackBootImage(const CellSpec& spec, const GuestJob& job,
                        const std::filesystem::path& out);

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// Runs procmark-images, which provides kernels, initramfs images and snapshots. This is its only
// client.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/cell/guest.h"
#include "harness/cell/spec.h"
#include "harness/sys/fd.h"

namespace procmark::cell {

// While it exists, `images prune` leaves a slot of the cache alone: a shared flock(2).
using HeldSlot = std::shared_ptr<sys::Fd>;

// A kernel in the cache, ready to boot.
struct Kernel {
  std::string release;  // uname -r
  std::string package;  // "" for file:PATH
  std::string version;  // of the package
  std::filesystem::path image;
  std::string sha256;
  std::filesystem::path config;       // may be empty (file:PATH)
  std::filesystem::path modules_dir;  // lib/modules/RELEASE; may be empty (file:PATH)
  HeldSlot held;                      // of the cache; empty for file:PATH
};

// The options that a configuration file sets. Throws a lost Complaint when it cannot be read.
store::KernelConfig ReadKernelConfig(const std::filesystem::path& config);

// Finds, fetches or verifies the kernel of a cell. Throws a Complaint with the tool's own sentence.
Kernel AcquireKernel(const CellSpec& spec);

// One program that a guest's init runs.
struct GuestProgram {
  std::vector<std::string> argv;  // argv[0] is a path inside the guest
  int64_t deadline_ms = 0;        // on the guest's clock
};

struct GuestJob {
  std::vector<GuestProgram> programs;
  int64_t settle_ms = 5000;  // slept before the first program; free on the exact clock
  std::string fault;         // canary: the fault that init makes ("panic", "hang", "mute" …)
  bool shell = false;        // give a shell on the console instead
  bool handover = false;     // the job itself comes once the guest has settled: Guest::HandOver
  bool symbols = false;      // send the kernel's symbols (wire::Symbols) first

  // As init reads it.
  std::string Json() const;
};

struct BootImage {
  std::string sha256;           // of the whole initramfs, the job included
  std::string programs_sha256;  // of everything except the job
  std::string modules_sha256;   // of the kernel's modules that it loads; empty without
  std::string lab_sha256;       // of the lab module; empty without
  Handover handover;
};

// Where the programs are inside a guest.
inline constexpr const char* kGuestBench = "/procmark/bench";
inline constexpr const char* kGuestConformance = "/procmark/conformance";

// Packs init, the programs of the cell's architecture, the modules that it names and the job into
// `out`. If the kernel is a file:PATH and its driver of the virtio port is a module, packs it too.
BootImage PackBootImage(const CellSpec& spec, const Kernel& kernel, const GuestJob& job,
                        const std::filesystem::path& out);

// A snapshot in the cache, its files verified; without a folder when there is none.
struct Snapshot {
  std::filesystem::path folder;
  HeldSlot held;
};
Snapshot FindSnapshot(const std::string& key);
// Moves the files of `folder` (inside StagingFolder()) into the cache as the snapshot with this
// key. If another process has made it meanwhile, returns that one.
Snapshot AdoptSnapshot(const std::string& key, const std::filesystem::path& folder);

// Where files are made before they are moved into the cache, and the cache itself.
std::filesystem::path StagingFolder();
std::filesystem::path CacheFolder();

}  // namespace procmark::cell

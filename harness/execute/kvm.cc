// SPDX-License-Identifier: MIT
#include "harness/execute/kvm.h"

#include <string>

#include "harness/cell/host.h"
#include "harness/cell/images_tool.h"
#include "harness/cell/installation.h"
#include "harness/cell/prepared_guest.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/temp_dir.h"

namespace procmark::execute {
namespace {

constexpr const char* kCanaryKernel = "debian-6.1";

cell::GuestOutcome BootCanary(cell::CellSpec spec) {
  spec.kernel = kCanaryKernel;
  spec.cpu = "host";
  spec.clock = store::Clock::kKvm;
  sys::Result<sys::TempDir> folder = sys::TempDir::CreateOwned();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  cell::GuestJob nothing;
  nothing.settle_ms = 0;
  const cell::PreparedGuest guest =
      cell::PrepareGuest(spec, nothing, folder.Value().Path() / "initramfs");
  return cell::RunGuest(guest.Argv(cell::Console::kPipes), cell::kKvmCanaryLimits,
                        [](const wire::Event&) {});
}

}  // namespace

cell::KvmVerdict KvmOfThisMachine(const cell::CellSpec& spec) {
  cell::CellSpec canary;
  canary.arch = cell::HostArch();
  canary.qemu = spec.qemu;
  const std::string program = cell::QemuProgram(canary);
  const sys::Result<std::string> boot = sys::ReadSmallFile("/proc/sys/kernel/random/boot_id");
  cell::KvmProbe probe;
  probe.cache_file = cell::CacheFolder() / "kvm-verdict.json";
  const uint64_t device = cell::ReadKvmHost().device_inode;
  probe.key = (boot ? boot.Value() : "?") + " " + std::to_string(device) + " " + program + " " +
              cell::QemuVersion(program);
  probe.boot_canary = [canary] { return BootCanary(canary); };
  return ProbeKvm(probe);
}

}  // namespace procmark::execute

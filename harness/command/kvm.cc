#include "harness/command/kvm.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "harness/cell/host.h"
#include "harness/cell/images_tool.h"
#include "harness/cell/installation.h"
#include "harness/cell/qemu_argv.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/temp_dir.h"

namespace procmark::command {
namespace {

constexpr const char* kCanaryKernel = "debian-6.1";

std::filesystem::path VerdictFile() {
  const auto set = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (!set("PROCMARK_CACHE").empty()) return set("PROCMARK_CACHE") + "/kvm-verdict.json";
  if (!set("XDG_CACHE_HOME").empty()) return set("XDG_CACHE_HOME") + "/procmark/kvm-verdict.json";
  return set("HOME") + "/.cache/procmark/kvm-verdict.json";
}

cell::GuestOutcome BootCanary() {
  cell::CellSpec spec;
  spec.arch = cell::HostArch();
  spec.kernel = kCanaryKernel;
  spec.cpu = "host";
  spec.clock = store::Clock::kKvm;
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  const cell::Kernel kernel = cell::AcquireKernel(spec);
  const cell::GuestFiles files{kernel.image, folder.Value().Path() / "initramfs"};
  cell::GuestJob nothing;
  nothing.settle_ms = 0;
  (void)cell::PackBootImage(spec, nothing, files.initrd);
  return cell::RunGuest(cell::QemuArgv(spec, files, cell::Console::kPipes), cell::kKvmCanaryLimits,
                        [](const wire::Event&) {});
}

}  // namespace

cell::KvmVerdict KvmOfThisMachine() {
  const sys::Result<std::string> boot = sys::ReadSmallFile("/proc/sys/kernel/random/boot_id");
  cell::KvmProbe probe;
  probe.cache_file = VerdictFile();
  probe.key =
      (boot ? boot.Value() : "?") + " " + cell::QemuVersion(cell::QemuProgram(cell::HostArch()));
  probe.boot_canary = BootCanary;
  return ProbeKvm(probe);
}

}  // namespace procmark::command

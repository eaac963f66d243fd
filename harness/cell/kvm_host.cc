// SPDX-License-Identifier: MIT
#include "harness/cell/kvm_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/kvm.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <vector>

#include "harness/cell/installation.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::cell {
namespace {

namespace fs = std::filesystem;

bool IsX86(const KvmHost& host) { return host.arch == "amd64"; }

void ReadDevice(KvmHost& host) {
  const sys::Fd device(::open(host.device.c_str(), O_RDWR | O_CLOEXEC));
  host.open_errno = device.Valid() ? 0 : errno;
  struct stat status {};
  if (::stat(host.device.c_str(), &status) == 0) {
    host.device_inode = status.st_ino;
    const passwd* user = ::getpwuid(status.st_uid);
    const group* group = ::getgrgid(status.st_gid);
    const std::string group_name =
        group != nullptr ? group->gr_name : std::to_string(status.st_gid);
    host.owner = fmt::format("{}:{}, mode {:04o}",
                             user != nullptr ? user->pw_name : std::to_string(status.st_uid),
                             group_name, status.st_mode & 07777U);
    host.group_is_kvm = group_name == "kvm";
  }
  if (!device.Valid()) return;
  const int version = ::ioctl(device.Get(), KVM_GET_API_VERSION, 0);
  if (version < 0) {
    host.not_kvm = sys::LastError("ioctl(KVM_GET_API_VERSION)").Text();
  } else if (version != KVM_API_VERSION) {
    host.not_kvm = fmt::format("its API has version {}, not {}", version, KVM_API_VERSION);
  }
}

// The flags of the first CPU.
std::vector<std::string> CpuFlags() {
  const sys::Result<std::string> text = sys::ReadSmallFile("/proc/cpuinfo");
  if (!text) return {};
  std::istringstream lines(text.Value());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("flags") && line.find(':') != std::string::npos)
      return sys::SplitNonEmpty(line.substr(line.find(':') + 1), ' ');
  }
  return {};
}

// "kvm_amd" -> is …/kvm-amd.ko, or a compressed one, there?
bool IsModuleIn(const fs::path& folder, std::string module) {
  std::ranges::replace(module, '_', '-');
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(folder / "kernel/arch/x86/kvm", error)) {
    if (entry.path().filename().string().starts_with(module + ".ko")) return true;
  }
  return false;
}

void ReadCpu(KvmHost& host) {
  const std::vector<std::string> flags = CpuFlags();
  const auto has = [&flags](const char* flag) { return std::ranges::count(flags, flag) > 0; };
  host.extensions = has("vmx") || has("svm");
  host.virtual_machine = has("hypervisor");
  if (host.extensions) host.module = has("vmx") ? "kvm_intel" : "kvm_amd";
  if (host.module.empty()) return;
  host.module_loaded = fs::exists(fs::path("/sys/module") / host.module);
  host.module_present = IsModuleIn(fs::path("/lib/modules") / host.kernel, host.module);
}

KvmTrouble NotOpened(const KvmHost& host) {
  if (host.root) {
    return {fmt::format("root may not open {} ({}): the rules of this container forbid it",
                        host.device, std::strerror(host.open_errno)),
            "give the container the device: docker run --device /dev/kvm"};
  }
  const std::string group =
      host.group_is_kvm ? "" : "chown root:kvm /dev/kvm && chmod 660 /dev/kvm && ";
  return {fmt::format("the user {} may not open {} ({})", host.user, host.device, host.owner),
          fmt::format("as root: {}usermod -aG kvm {}; then log in again. Or run as root", group,
                      host.user)};
}

KvmTrouble NoDevice(const KvmHost& host) {
  const std::string absent = host.open_errno == ENOENT
                                 ? fmt::format("there is no {}", host.device)
                                 : fmt::format("no driver is behind {}", host.device);
  if (!IsX86(host)) {
    return {absent + ": this kernel has no KVM, or it was not started in hypervisor mode",
            "boot a kernel with CONFIG_KVM on bare hardware, or with nested virtualization"};
  }
  if (!host.extensions && host.virtual_machine) {
    return {absent +
                ": the CPU of this virtual machine has neither vmx nor svm, so nested "
                "virtualization is off",
            "on its host, load kvm_intel or kvm_amd with nested=1 and give this machine the host's "
            "CPU (QEMU: -cpu host); in a cloud, choose a machine with nested virtualization, or a "
            "bare-metal one"};
  }
  if (!host.extensions) {
    return {absent + ": this CPU shows neither vmx nor svm",
            "switch on Intel VT-x or AMD-V in the firmware's setup; a CPU without them cannot run "
            "KVM guests"};
  }
  if (host.module_loaded) {
    return {fmt::format("{} although {} is loaded: this container does not have the device", absent,
                        host.module),
            "give the container the device: docker run --device /dev/kvm"};
  }
  if (host.module_present) {
    return {
        fmt::format("{}: the module {} is not loaded", absent, host.module),
        fmt::format("as root: modprobe {}; if that fails, `dmesg | grep -i kvm` says why (often "
                    "that the firmware has it switched off)",
                    host.module)};
  }
  return {fmt::format("{}: the kernel {} has no module {} in /lib/modules", absent, host.kernel,
                      host.module),
          fmt::format("boot a kernel that has it (Debian: apt-get install linux-image-amd64), or "
                      "build it with CONFIG_{}",
                      host.module == "kvm_amd" ? "KVM_AMD" : "KVM_INTEL")};
}

}  // namespace

KvmHost ReadKvmHost(const std::string& device) {
  KvmHost host;
  host.device = device;
  host.arch = HostArch();
  host.root = ::geteuid() == 0;
  const passwd* user = ::getpwuid(::geteuid());
  host.user = user != nullptr ? user->pw_name : std::to_string(::geteuid());
  utsname name{};
  if (::uname(&name) == 0) host.kernel = name.release;
  ReadDevice(host);
  if (IsX86(host)) ReadCpu(host);
  return host;
}

KvmTrouble DiagnoseKvm(const KvmHost& host) {
  switch (host.open_errno) {
    case 0:
      if (host.not_kvm.empty()) return {};
      return {fmt::format("{} is not KVM: {}", host.device, host.not_kvm),
              "remove the file and let the kernel make the device"};
    case EACCES:
    case EPERM:
      return NotOpened(host);
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return NoDevice(host);
    default:
      return {fmt::format("{} cannot be opened: {}", host.device, std::strerror(host.open_errno)),
              "`dmesg | grep -i kvm` may say why"};
  }
}

}  // namespace procmark::cell

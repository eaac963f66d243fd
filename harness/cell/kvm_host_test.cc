// SPDX-License-Identifier: MIT
#include "harness/cell/kvm_host.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

namespace procmark::cell {
namespace {

// A machine whose KVM works: an AMD CPU, the module loaded, the device open to its user.
KvmHost Good() {
  KvmHost host;
  host.arch = "amd64";
  host.owner = "root:kvm, mode 0660";
  host.group_is_kvm = true;
  host.user = "jane";
  host.extensions = true;
  host.module = "kvm_amd";
  host.module_loaded = true;
  host.module_present = true;
  host.kernel = "6.1.0-9-amd64";
  return host;
}

struct Case {
  const char* what;
  std::function<void(KvmHost&)> spoil;
  const char* reason;
  const char* mend;
};

void NoExtensions(KvmHost& host) {
  host.open_errno = ENOENT;
  host.extensions = false;
  host.module.clear();
  host.module_loaded = false;
  host.module_present = false;
}

TEST(DiagnoseKvm, FindsNothingWrongWithAMachineThatHasIt) {
  EXPECT_EQ(DiagnoseKvm(Good()).reason, "");
  // Nested paravirtual KVM: a device that answers, on a CPU that shows no extension.
  KvmHost paravirtual = Good();
  paravirtual.extensions = false;
  paravirtual.module.clear();
  EXPECT_EQ(DiagnoseKvm(paravirtual).reason, "");
}

TEST(DiagnoseKvm, TellsEachTroubleApartWithItsMend) {
  const Case cases[] = {
      {"nested virtualization is off",
       [](KvmHost& host) {
         NoExtensions(host);
         host.virtual_machine = true;
       },
       "nested virtualization is off", "nested=1"},
      {"the firmware has it switched off", NoExtensions, "neither vmx nor svm", "firmware"},
      {"the module is not loaded",
       [](KvmHost& host) {
         host.open_errno = ENOENT;
         host.module_loaded = false;
       },
       "kvm_amd is not loaded", "modprobe kvm_amd"},
      {"a static device node without its module",
       [](KvmHost& host) {
         host.open_errno = ENODEV;
         host.module = "kvm_intel";
         host.module_loaded = false;
       },
       "no driver is behind /dev/kvm: the module kvm_intel is not loaded", "modprobe kvm_intel"},
      {"the kernel has no such module",
       [](KvmHost& host) {
         host.open_errno = ENOENT;
         host.module_loaded = false;
         host.module_present = false;
       },
       "the kernel 6.1.0-9-amd64 has no module kvm_amd", "CONFIG_KVM_AMD"},
      {"a container without the device", [](KvmHost& host) { host.open_errno = ENOENT; },
       "although kvm_amd is loaded", "--device /dev/kvm"},
      {"a container whose rules forbid the device",
       [](KvmHost& host) {
         host.open_errno = EPERM;
         host.root = true;
       },
       "rules of this container", "--device /dev/kvm"},
      {"the user is not in the group", [](KvmHost& host) { host.open_errno = EACCES; },
       "the user jane may not open /dev/kvm (root:kvm, mode 0660)", "usermod -aG kvm jane"},
      {"the device belongs to no group of users",
       [](KvmHost& host) {
         host.open_errno = EACCES;
         host.group_is_kvm = false;
         host.owner = "root:root, mode 0600";
       },
       "root:root, mode 0600", "chown root:kvm /dev/kvm"},
      {"a file in place of the device",
       [](KvmHost& host) { host.not_kvm = "Inappropriate ioctl for device"; }, "is not KVM",
       "remove the file"},
      {"another architecture",
       [](KvmHost& host) {
         NoExtensions(host);
         host.arch = "arm64";
       },
       "hypervisor mode", "CONFIG_KVM"},
      {"any other error", [](KvmHost& host) { host.open_errno = EMFILE; }, "cannot be opened",
       "dmesg"},
  };
  for (const Case& one : cases) {
    KvmHost host = Good();
    one.spoil(host);
    const KvmTrouble trouble = DiagnoseKvm(host);
    EXPECT_NE(trouble.reason.find(one.reason), std::string::npos)
        << one.what << ": " << trouble.reason;
    EXPECT_NE(trouble.mend.find(one.mend), std::string::npos) << one.what << ": " << trouble.mend;
  }
}

TEST(ReadKvmHost, FindsOutADeviceThatIsAbsentOrNotKvm) {
  EXPECT_EQ(ReadKvmHost("/dev/there-is-no-kvm").open_errno, ENOENT);
  const KvmHost null = ReadKvmHost("/dev/null");
  EXPECT_EQ(null.open_errno, 0);
  EXPECT_NE(null.not_kvm.find("KVM_GET_API_VERSION"), std::string::npos) << null.not_kvm;
  EXPECT_NE(null.device_inode, 0U);
  EXPECT_EQ(null.owner.substr(0, 5), "root:");
}

}  // namespace
}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// KvmHost: what this machine shows about KVM without booting anything, and what is wrong with it.
#pragma once

#include <cstdint>
#include <string>

namespace procmark::cell {

struct KvmHost {
  std::string arch;  // Debian's name
  std::string device = "/dev/kvm";
  uint64_t device_inode = 0;  // another one when the module was loaded again; 0: no device
  int open_errno = 0;         // of opening the device for reading and writing; 0: it opened
  std::string not_kvm;        // why the opened device is not KVM as QEMU knows it; "" when it is
  std::string owner;          // of the device: "root:kvm, mode 0660"; "" when there is none
  bool group_is_kvm = false;
  std::string user;  // who runs this
  bool root = false;
  // x86 only: elsewhere no file says so.
  bool extensions = false;       // the CPU has vmx or svm
  bool virtual_machine = false;  // the CPU says that it runs under a hypervisor
  std::string module;            // the one that drives the CPU: "kvm_intel" or "kvm_amd"; or ""
  bool module_loaded = false;    // or built into the kernel
  bool module_present = false;   // in /lib/modules
  std::string kernel;            // uname -r
};

// Reads the device, /proc/cpuinfo, /sys/module and /lib/modules. What cannot be read is left as
// above.
KvmHost ReadKvmHost(const std::string& device = "/dev/kvm");

struct KvmTrouble {
  std::string reason;  // one clause without a full stop; "" when nothing is wrong
  std::string mend;    // what the user can do about it
};

// What keeps a program of this machine from using KVM. Pure.
KvmTrouble DiagnoseKvm(const KvmHost& host);

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
#include "harness/cell/refusal.h"

#include <gtest/gtest.h>

namespace procmark::cell {
namespace {

TEST(QemuRefuses, WhatItHasNotAndNothingElse) {
  for (const char* text :
       {"qemu-system-x86_64: unable to find CPU model 'nosuch'",
        "qemu-system-x86_64: unsupported machine type\nUse -machine help to list supported ones",
        "warning: something else\nqemu-system-x86_64: can't apply global "
        "max-x86_64-cpu.nosuch=on: Property 'max-x86_64-cpu.nosuch' not found\n",
        "qemu-system-x86_64: Invalid SMP CPUs 300. The max CPUs supported is 255",
        "qemu-system-s390x: NUMA is not supported by this machine-type",
        "qemu-system-aarch64: mach-virt: CPU type cortex-m3-arm-cpu not supported",
        "can't apply global z900-s390x-cpu.vx=on: Feature 'vx' is not available for CPU model "
        "'z900', it was introduced with later models."}) {
    EXPECT_TRUE(QemuRefuses(text)) << text;
  }
  for (const char* text :
       {"", "qemu-system-x86_64: cannot set up guest memory 'ram': Cannot allocate memory",
        "qemu-system-x86_64: could not open kernel file '/k': No such file or directory",
        "qemu-system-x86_64: warning: TCG doesn't support requested feature: CPUID.01H:ECX.pcid",
        "Segmentation fault", "Could not access KVM kernel module: Permission denied"}) {
    EXPECT_FALSE(QemuRefuses(text)) << text;
  }
}

TEST(KvmGaveUp, TellsItFromOtherWords) {
  EXPECT_TRUE(KvmGaveUp("KVM internal error. Suberror: 1\nemulation failure\nRAX=0 RBX=1"));
  EXPECT_TRUE(KvmGaveUp("error: kvm run failed Bad address\n"));
  EXPECT_TRUE(KvmGaveUp("KVM: entry failed, hardware error 0x80000021\n"));
  EXPECT_FALSE(KvmGaveUp("qemu-system-x86_64: warning: host doesn't support requested feature"));
  EXPECT_FALSE(KvmGaveUp("Could not access KVM kernel module: Permission denied"));
}

TEST(KernelRefusesCpu, TellsTheirWordsFromOrdinaryLines) {
  EXPECT_TRUE(
      KernelRefusesCpu("This kernel requires an x86-64 CPU, but only detected an i686 CPU."));
  EXPECT_TRUE(KernelRefusesCpu("The Linux kernel requires more recent processor hardware"));
  EXPECT_FALSE(KernelRefusesCpu("[    0.1] smpboot: CPU0: QEMU TCG CPU version 2.5+"));
  EXPECT_FALSE(KernelRefusesCpu("Kernel panic - not syncing: Attempted to kill init!"));
}

}  // namespace
}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
#include "harness/cell/qemu_argv.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/cell/machine.h"
#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

const GuestFiles kFiles{"/k/vmlinuz", "/i/initrd"};

std::vector<std::string> Argv(const char* cell, Console console = Console::kPipes) {
  return QemuArgv(CellSpec::Parse(cell), kFiles, console);
}

bool Has(const std::vector<std::string>& argv, const std::string& option,
         const std::string& value) {
  for (size_t i = 0; i + 1 < argv.size(); ++i) {
    if (argv[i] == option && argv[i + 1] == value) return true;
  }
  return false;
}

std::string ValueOf(const std::vector<std::string>& argv, const std::string& option) {
  const auto found = std::ranges::find(argv, option);
  return found == argv.end() || found + 1 == argv.end() ? "" : *(found + 1);
}

TEST(QemuArgv, ExactLeavesNothingToTheHost) {
  const std::vector<std::string> argv = Argv("amd64/debian-6.1/max/exact");
  EXPECT_EQ(argv.front(), "qemu-system-x86_64");
  EXPECT_TRUE(Has(argv, "-accel", "tcg,thread=single"));
  EXPECT_TRUE(Has(argv, "-icount", "shift=0,sleep=off"));
  EXPECT_TRUE(Has(argv, "-seed", "1"));
  EXPECT_TRUE(Has(argv, "-rtc", "base=2020-01-01,clock=vm"));
  EXPECT_TRUE(Has(argv, "-cpu", "max,-cx16,-rdrand,-rdseed"));
  EXPECT_TRUE(Has(argv, "-smp", "1"));
  for (const char* parameter :
       {"nokaslr", "norandmaps", "randomize_kstack_offset=off", "random.trust_cpu=off", "panic=-1",
        "loglevel=5", "rdinit=/init", "procmark.destructive"}) {
    EXPECT_NE(ValueOf(argv, "-append").find(parameter), std::string::npos) << parameter;
  }
}

TEST(QemuArgv, KvmKeepsRealTimeAndRandomness) {
  const std::vector<std::string> argv = Argv("amd64/debian-6.1/host/kvm");
  EXPECT_TRUE(Has(argv, "-accel", "kvm"));
  EXPECT_TRUE(Has(argv, "-cpu", "host"));
  EXPECT_TRUE(Has(argv, "-machine", "pc,memory-backend=ram"));
  EXPECT_TRUE(Has(argv, "-object", "memory-backend-ram,id=ram,size=512M,prealloc=on"));
  EXPECT_EQ(std::ranges::count(argv, "-icount"), 0);
  EXPECT_EQ(ValueOf(argv, "-append").find("nokaslr"), std::string::npos);
}

TEST(QemuArgv, AxesReachTheGuest) {
  const std::vector<std::string> argv =
      Argv("amd64/debian-6.1/max/exact+mem=1024+cmdline=mitigations=off,init_on_alloc=0");
  EXPECT_TRUE(Has(argv, "-m", "1024"));
  EXPECT_TRUE(ValueOf(argv, "-append").ends_with(" mitigations=off init_on_alloc=0"));
}

TEST(QemuArgv, EachMemoryNodeHasItsPartAndItsCpus) {
  const auto argv = Argv("amd64/debian-6.1/max/kvm+mem=1025+cpus=3+nodes=2");
  EXPECT_TRUE(Has(argv, "-object", "memory-backend-ram,id=ram0,size=513M,prealloc=on"));
  EXPECT_TRUE(Has(argv, "-object", "memory-backend-ram,id=ram1,size=512M,prealloc=on"));
  EXPECT_TRUE(Has(argv, "-numa", "node,nodeid=0,memdev=ram0,cpus=0,cpus=2"));
  EXPECT_TRUE(Has(argv, "-numa", "node,nodeid=1,memdev=ram1,cpus=1"));
  EXPECT_TRUE(Has(argv, "-smp", "3,sockets=3"));
  EXPECT_FALSE(Has(argv, "-object", "memory-backend-ram,id=ram,size=1025M,prealloc=on"));
  EXPECT_EQ(ValueOf(Argv("amd64/debian-6.1/max/exact"), "-numa"), "");
  EXPECT_THROW(QemuArgv(CellSpec::Parse("amd64/debian-6.1/max/exact+nodes=2"), kFiles,
                        Console::kPipes, GuestMemory{"/live", false}),
               std::logic_error);
}

TEST(QemuArgv, ADoubledCommaIsOneOfTheParameter) {
  const std::vector<std::string> argv =
      Argv("amd64/debian-6.1/max/exact+cmdline=slub_debug=FZ,,task_struct,isolcpus=1,,2");
  EXPECT_TRUE(ValueOf(argv, "-append").ends_with(" slub_debug=FZ,task_struct isolcpus=1,2"));
}

TEST(QemuArgv, AShellHasTheTerminalAndStartsAtOnce) {
  const std::vector<std::string> argv = Argv("amd64/debian-6.1/max/exact", Console::kTerminal);
  EXPECT_TRUE(Has(argv, "-serial", "mon:stdio"));
  EXPECT_EQ(std::ranges::count(argv, "-S"), 0);
}

std::string CellOf(const sys::Arch& arch) { return std::string(arch.name) + "/k/max/exact"; }

TEST(QemuArgv, EachArchitectureHasItsMachineConsoleAndChannel) {
  for (const sys::Arch& arch : sys::kArchs) {
    const Machine& machine = MachineOf(arch.name);
    EXPECT_STREQ(machine.arch, arch.name);
    for (const char* text : {machine.machine, machine.console, machine.channel}) {
      EXPECT_STRNE(text, "") << arch.name;
    }
    const std::vector<std::string> argv = Argv(CellOf(arch).c_str());
    const std::string cmdline = ValueOf(argv, "-append");
    EXPECT_EQ(argv.front(), arch.qemu);
    EXPECT_EQ(ValueOf(argv, "-machine").find(machine.machine), 0U);
    EXPECT_NE(cmdline.find(std::string("console=") + machine.console + " "), std::string::npos);
    EXPECT_NE(cmdline.find(std::string("procmark.channel=") + machine.channel), std::string::npos);
    EXPECT_TRUE(Has(argv, "-chardev", "file,id=records,path=/dev/fd/3")) << arch.name;
  }
}

TEST(QemuArgv, ConsolesAndChannelsAreThoseOfTheKernelsDrivers) {
  const auto cmdline = [](const char* cell) { return ValueOf(Argv(cell), "-append"); };
  EXPECT_EQ(cmdline("amd64/k/max/exact").find("console=ttyS0 "), 0U);
  EXPECT_NE(cmdline("amd64/k/max/exact").find("procmark.channel=debugcon:0xe9 "),
            std::string::npos);
  EXPECT_EQ(cmdline("arm64/k/max/exact").find("console=ttyAMA0 "), 0U);
  EXPECT_NE(cmdline("arm64/k/max/exact").find("procmark.channel=/dev/vport0p1,/dev/ttyS0 "),
            std::string::npos);
  EXPECT_EQ(cmdline("ppc64el/k/power9/exact").find("console=hvc0 "), 0U);
  EXPECT_EQ(cmdline("s390x/k/max/exact").find("console=ttysclp0 "), 0U);
}

// A device whose chardev is missing, or the other way round, ends QEMU at its start.
TEST(QemuArgv, EveryChannelDeviceHasItsChardev) {
  std::vector<std::string> cells = {"amd64/debian-6.1/host/kvm", "amd64/debian-6.1/max/tcg"};
  for (const sys::Arch& arch : sys::kArchs) cells.push_back(CellOf(arch));
  for (const std::string& cell : cells) {
    for (const Console console : {Console::kPipes, Console::kTerminal}) {
      const std::vector<std::string> argv = Argv(cell.c_str(), console);
      const auto mentions = [&](const std::string& text) {
        return std::ranges::count_if(
            argv, [&](const std::string& word) { return word.find(text) != std::string::npos; });
      };
      EXPECT_EQ(mentions("chardev=records"), mentions(",id=records")) << cell;
      EXPECT_GE(mentions("chardev=records"), 1) << cell;
    }
  }
}

TEST(QemuArgv, OnlyGuestsThatAreNotExactHaveASpareChannel) {
  for (const char* cell : {"amd64/debian-6.1/host/kvm", "amd64/debian-6.1/max/tcg"}) {
    const std::vector<std::string> argv = Argv(cell);
    EXPECT_NE(ValueOf(argv, "-append").find("procmark.channel=debugcon:0xe9,/dev/ttyS1 "),
              std::string::npos);
    EXPECT_TRUE(Has(argv, "-device", "isa-serial,chardev=records2"));
  }
  const std::vector<std::string> exact = Argv("amd64/debian-6.1/max/exact");
  EXPECT_NE(ValueOf(exact, "-append").find("procmark.channel=debugcon:0xe9 "), std::string::npos);
  EXPECT_FALSE(Has(exact, "-device", "isa-serial,chardev=records2"));
}

TEST(QemuArgv, ArmsTimerTicksOncePerInstructionWhereTheClockIsExact) {
  EXPECT_TRUE(
      Has(Argv("arm64/debian-6.12/cortex-a72/exact"), "-cpu", "cortex-a72,cntfrq=1000000000"));
  EXPECT_TRUE(
      Has(Argv("arm64/debian-6.12/max/exact"), "-cpu", "max,pauth-impdef=on,cntfrq=1000000000"));
  EXPECT_TRUE(Has(Argv("arm64/debian-6.12/cortex-a72/tcg"), "-cpu", "cortex-a72"));
  EXPECT_TRUE(Has(Argv("arm64/debian-6.12/max/kvm"), "-cpu", "max"));
}

TEST(QemuArgv, AnUnknownArchitectureIsAUsageError) {
  CellSpec spec = CellSpec::Parse("amd64/debian-6.1/max/exact");
  spec.arch = "vax";
  EXPECT_THROW((void)QemuArgv(spec, kFiles, Console::kPipes), sys::Complaint);
}

TEST(QemuArgv, MemoryIsAFileForASnapshotAndACopyOfItForARestore) {
  const CellSpec spec = CellSpec::Parse("amd64/debian-6.1/max/exact+mem=256+cpus=2");
  const std::vector<std::string> save =
      QemuArgv(spec, kFiles, Console::kPipes, GuestMemory{"/m", false});
  EXPECT_TRUE(Has(save, "-object", "memory-backend-file,id=ram,size=256M,mem-path=/m,share=on"));
  EXPECT_EQ(std::ranges::count(save, "-incoming"), 0);
  EXPECT_TRUE(Has(save, "-smp", "2"));
  const std::vector<std::string> restore =
      QemuArgv(spec, kFiles, Console::kPipes, GuestMemory{"/m", true});
  EXPECT_TRUE(
      Has(restore, "-object", "memory-backend-file,id=ram,size=256M,mem-path=/m,share=off"));
  EXPECT_TRUE(Has(restore, "-incoming", "defer"));
}

TEST(QemuArgv, OnlyExactGuestsHaveADebugger) {
  EXPECT_TRUE(Has(Argv("amd64/debian-6.1/max/exact"), "-gdb", "chardev:gdb"));
  EXPECT_EQ(std::ranges::count(Argv("amd64/debian-6.1/max/tcg"), "-gdb"), 0);
}

TEST(QemuArgv, AnotherQemuIsTakenFromItsFolder) {
  EXPECT_EQ(Argv("amd64/debian-6.1/max/exact+qemu=/opt/q/bin").front(),
            "/opt/q/bin/qemu-system-x86_64");
}

}  // namespace
}  // namespace procmark::cell

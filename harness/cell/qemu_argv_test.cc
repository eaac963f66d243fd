#include "harness/cell/qemu_argv.h"

#include <gtest/gtest.h>

#include <algorithm>

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
  EXPECT_TRUE(Has(argv, "-cpu", "max,-rdrand,-rdseed"));
  EXPECT_TRUE(Has(argv, "-smp", "1"));
  for (const char* parameter :
       {"nokaslr", "norandmaps", "randomize_kstack_offset=off", "random.trust_cpu=off", "panic=-1",
        "rdinit=/init", "procmark.destructive"}) {
    EXPECT_NE(ValueOf(argv, "-append").find(parameter), std::string::npos) << parameter;
  }
}

TEST(QemuArgv, KvmKeepsRealTimeAndRandomness) {
  const std::vector<std::string> argv = Argv("amd64/debian-6.1/host/kvm");
  EXPECT_TRUE(Has(argv, "-accel", "kvm"));
  EXPECT_TRUE(Has(argv, "-cpu", "host"));
  EXPECT_EQ(std::ranges::count(argv, "-icount"), 0);
  EXPECT_EQ(ValueOf(argv, "-append").find("nokaslr"), std::string::npos);
}

TEST(QemuArgv, AxesReachTheGuest) {
  const std::vector<std::string> argv =
      Argv("amd64/debian-6.1/max/exact+mem=1024+cmdline=mitigations=off,init_on_alloc=0");
  EXPECT_TRUE(Has(argv, "-m", "1024"));
  EXPECT_TRUE(ValueOf(argv, "-append").ends_with(" mitigations=off init_on_alloc=0"));
}

TEST(QemuArgv, AShellHasTheTerminalAndStartsAtOnce) {
  const std::vector<std::string> argv = Argv("amd64/debian-6.1/max/exact", Console::kTerminal);
  EXPECT_TRUE(Has(argv, "-serial", "mon:stdio"));
  EXPECT_EQ(std::ranges::count(argv, "-S"), 0);
}

TEST(QemuArgv, AnArchitectureWithoutGuestsIsAUsageError) {
  EXPECT_THROW((void)Argv("s390x/debian-6.12/max/exact"), sys::Complaint);
}

}  // namespace
}  // namespace procmark::cell

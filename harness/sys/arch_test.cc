// SPDX-License-Identifier: MIT
// The table of architectures, and that CMake reads the same one.
#include "harness/sys/arch.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <set>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::sys {
namespace {

TEST(Archs, SayEverything) {
  std::set<std::string> names;
  for (const Arch& arch : kArchs) {
    EXPECT_TRUE(names.insert(arch.name).second) << arch.name;
    EXPECT_EQ(FindArch(arch.name), &arch);
    for (const char* text : {arch.triplet, arch.machine, arch.loader, arch.kernel_flavour,
                             arch.qemu, arch.qemu_package}) {
      ASSERT_NE(text, nullptr) << arch.name;
      EXPECT_STRNE(text, "") << arch.name;
    }
    ASSERT_NE(arch.measured_flag, nullptr) << arch.name;
    EXPECT_NE(arch.elf_machine, unsigned{EM_NONE}) << arch.name;
    EXPECT_TRUE(arch.Loads(arch.kernel_formats[0])) << arch.name << " loads no kernel";
    EXPECT_FALSE(arch.Loads(KernelFormat::kNone)) << arch.name;
  }
}

TEST(Archs, AnUnknownOneIsAUsageErrorThatListsThem) {
  EXPECT_EQ(FindArch("vax"), nullptr);
  try {
    (void)RequireArch("vax");
    ADD_FAILURE() << "vax was accepted";
  } catch (const Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), ExitCode::kUsage);
    EXPECT_EQ(complaint.what(), "unknown architecture 'vax'; it is one of " + ArchNames());
  }
  EXPECT_EQ(ArchNames().find("amd64, arm64, "), 0U);
}

TEST(CompiledArch, IsThatOfThisMachine) {
  utsname name{};
  ASSERT_EQ(::uname(&name), 0);
  EXPECT_STREQ(name.machine, kCompiledArch.machine);
}

TEST(Archs, CMakeReadsTheSameRows) {
  const Result<CommandOutput> output = RunCommand(
      {PROCMARK_CMAKE, "-P", PROCMARK_ROOT "/cmake/architectures.cmake"}, Deadline::After(60'000));
  ASSERT_TRUE(output) << output.Failure().Text();
  ASSERT_EQ(output.Value().status, 0) << output.Value().err;
  std::string expected;
  for (const Arch& arch : kArchs) {
    for (const char* field :
         {arch.name, arch.triplet, arch.machine, arch.loader, arch.measured_flag}) {
      expected += std::string(field) + "|";
    }
    expected += "\n";
  }
  EXPECT_EQ(output.Value().out, expected);
}

}  // namespace
}  // namespace procmark::sys

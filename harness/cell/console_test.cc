// SPDX-License-Identifier: MIT
#include "harness/cell/console.h"

#include <gtest/gtest.h>

namespace procmark::cell {
namespace {

TEST(ConsoleWatch, FindsAPanicCutOverTwoReads) {
  ConsoleWatch console;
  console.Add("[    1.0] Kernel panic - not sync");
  EXPECT_FALSE(console.Panic());
  console.Add("ing: Attempted to kill init!\n");
  ASSERT_TRUE(console.Panic());
  EXPECT_NE(console.Panic()->find("Attempted to kill init"), std::string::npos);
}

TEST(ConsoleWatch, KeepsTroublesOfALivingKernelButNotOrdinaryLines) {
  ConsoleWatch console;
  console.Add("[ 1.0] Linux version 6.1\n[ 1.1] x86/fpu: BUG-free\n");
  console.Add("[ 2.0] BUG: unable to handle page fault for address: 0\n");
  console.Add("[ 2.1] WARNING: CPU: 0 PID: 1 at kernel/fork.c:1 copy_process\n");
  ASSERT_EQ(console.Troubles().size(), 2U);
  EXPECT_FALSE(console.Panic());
}

TEST(ConsoleWatch, KnowsBothFormsOfAWarningAndNoAdvice) {
  ConsoleWatch console;
  console.Add("[ 2.1] WARNING: CPU: 0 PID: 1 at kernel/fork.c:1 copy_process+0x1/0x2\n");
  console.Add("[ 2.1] WARNING: kernel/fork.c:2189 at copy_process+0x1/0x2, CPU#0: init/1\n");
  EXPECT_EQ(console.Troubles().size(), 2U);
  console.Add("[ 2.2] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on\n");
  console.Add("[ 2.3] WARNING: no CPU at all\n");
  EXPECT_EQ(console.Troubles().size(), 2U);
}

TEST(ConsoleWatch, TheTailIsBoundedAndPrintable) {
  ConsoleWatch console;
  for (int i = 0; i < 10'000; ++i) console.Add("line \x1b[31m" + std::to_string(i) + "\x01\n");
  const std::string tail = console.TailText();
  EXPECT_LE(tail.size(), 4096U);
  EXPECT_TRUE(tail.ends_with("9999"));
  EXPECT_TRUE(tail.starts_with("line "));
  EXPECT_EQ(tail.find('\x1b'), std::string::npos);
}

TEST(ConsoleWatch, KeepsTheLastWordsOfInitAndTakesThemForNoTrouble) {
  ConsoleWatch console;
  EXPECT_EQ(console.InitWords(), "");
  for (int i = 0; i < 9; ++i) console.Add("procmark-init: sentence " + std::to_string(i) + "\r\n");
  console.Add("procmark-init: the runner died: BUG: of its own\r\nanother line\n");
  EXPECT_EQ(console.InitWords(),
            "sentence 6; sentence 7; sentence 8; the runner died: BUG: of its own");
  EXPECT_TRUE(console.Troubles().empty());
}

TEST(ConsoleWatch, AFloodOfTroublesIsBounded) {
  ConsoleWatch console;
  for (int i = 0; i < 1000; ++i) console.Add("BUG: again\n");
  EXPECT_EQ(console.Troubles().size(), 20U);
}

}  // namespace
}  // namespace procmark::cell

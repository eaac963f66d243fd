// SPDX-License-Identifier: MIT
#include "harness/explain/code_map.h"

#include <gtest/gtest.h>

namespace procmark::explain {
namespace {

CodeMap Made() {
  CodeMap map;
  map.kernel = {0xffff800000000000, ~uint64_t{0}};
  map.firmware = {0x80000000, 0x80200000};
  map.stack_switch = {0xffffffff81001000, 0xffffffff81001040};
  map.task_end = 0xffffffff81002000;
  map.entries = {{{0xffffffff81000000, 0xffffffff81000001}, 0, Entry::kSystemCall},
                 {{0xffffffff81000800, 0xffffffff81001000}, 0x80, Entry::kInterrupt}};
  map.starts = {{0xffffffff81000000, 7},
                {0xffffffff81001000, 8},
                {0xffffffff81001040, kUnnamedKernel},
                {0xffffffff81002000, 9}};
  return map;
}

TEST(CodeMap, TellsModesAndFunctions) {
  const CodeMap map = Made();
  EXPECT_EQ(map.ModeOf(0x401000), Mode::kUser);
  EXPECT_EQ(map.ModeOf(0x80000010), Mode::kFirmware);
  EXPECT_EQ(map.ModeOf(0xffffffff81000000), Mode::kKernel);
  EXPECT_EQ(map.FunctionAt(0x401000), uint32_t{kUserSpace});
  EXPECT_EQ(map.FunctionAt(0x80000010), uint32_t{kFirmware});
  EXPECT_EQ(map.FunctionAt(0xffffffff80ffffff), uint32_t{kUnnamedKernel});
  EXPECT_EQ(map.FunctionAt(0xffffffff81000000), 7U);
  EXPECT_EQ(map.FunctionAt(0xffffffff81000fff), 7U);
  EXPECT_EQ(map.FunctionAt(0xffffffff81001041), uint32_t{kUnnamedKernel});
  EXPECT_EQ(map.FunctionAt(0xffffffffff000000), 9U);
  EXPECT_TRUE(map.IsStart(0xffffffff81002000));
  EXPECT_FALSE(map.IsStart(0xffffffff81002001));
}

TEST(CodeMap, TellsEntries) {
  const CodeMap map = Made();
  EXPECT_EQ(map.EntryAt(0xffffffff81000000), Entry::kSystemCall);
  EXPECT_EQ(map.EntryAt(0xffffffff81000001), Entry::kNone);
  EXPECT_EQ(map.EntryAt(0xffffffff81000880), Entry::kInterrupt);
  EXPECT_EQ(map.EntryAt(0xffffffff81000884), Entry::kNone);
}

TEST(CodeMap, SurvivesItsFile) {
  const CodeMap map = Made();
  EXPECT_EQ(CodeMap::Parse(map.Text()), map);
}

TEST(CodeMap, RefusesWhatIsNoMap) {
  const std::string good = Made().Text();
  EXPECT_FALSE(CodeMap::Parse("").has_value());
  EXPECT_FALSE(CodeMap::Parse(good + "code xyz 1\n").has_value());
  EXPECT_FALSE(CodeMap::Parse(good + "code 1\n").has_value());
  EXPECT_FALSE(CodeMap::Parse(good + "code 1 2\n").has_value());  // not sorted
  EXPECT_FALSE(CodeMap::Parse(good + "other 1\n").has_value());
  EXPECT_FALSE(CodeMap::Parse(good + "code fffffffffffffff0 2").has_value());  // cut short
}

}  // namespace
}  // namespace procmark::explain

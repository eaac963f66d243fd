// SPDX-License-Identifier: MIT
// Tests the filters with a small interpreter of BPF, and checks the list of faults.
#include "conformance/mutation/faults/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

namespace procmark::fault {
namespace {

// What the kernel would decide. Fails for an instruction that MakeFilter does not use.
uint32_t Decide(const std::vector<sock_filter>& program, const seccomp_data& data) {
  uint32_t accumulator = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + step.k, 4);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == step.k ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        ADD_FAILURE() << "instruction " << step.code << " at " << at;
        return SECCOMP_RET_KILL_PROCESS;
    }
  }
  ADD_FAILURE() << "the program has no end";
  return SECCOMP_RET_KILL_PROCESS;
}

seccomp_data CallOf(long number, uint64_t first = 0, uint64_t second = 0) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = AUDIT_ARCH_X86_64;
  data.args[0] = first;
  data.args[1] = second;
  return data;
}

TEST(Filter, DecidesByNumberAndConditions) {
  const auto program = MakeFilter({{.number = SYS_kill, .when = {{0, ~0U, 0, false}, {1, 0xf, 9}}},
                                   {.number = SYS_kill, .when = {{0, ~0U, 7}}, .error = EPERM},
                                   {.number = SYS_clone, .edit = [](Call&) {}}});
  EXPECT_EQ(Decide(program, CallOf(SYS_kill, 5, 9)), SECCOMP_RET_ERRNO | 0U);
  EXPECT_EQ(Decide(program, CallOf(SYS_kill, 5, 0x19)), SECCOMP_RET_ERRNO | 0U) << "masked";
  EXPECT_EQ(Decide(program, CallOf(SYS_kill, 5, 8)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Decide(program, CallOf(SYS_kill, 0, 9)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Decide(program, CallOf(SYS_kill, 7, 8)), SECCOMP_RET_ERRNO | uint32_t{EPERM});
  EXPECT_EQ(Decide(program, CallOf(SYS_clone)), SECCOMP_RET_TRACE);
  EXPECT_EQ(Decide(program, CallOf(SYS_getpid)), SECCOMP_RET_ALLOW);
}

TEST(Filter, LeavesOtherAbisAlone) {
  const auto program = MakeFilter({Ignored(SYS_kill)});
  seccomp_data data = CallOf(SYS_kill);
  EXPECT_EQ(Decide(program, data), SECCOMP_RET_ERRNO | 0U);
  data.arch = AUDIT_ARCH_I386;
  EXPECT_EQ(Decide(program, data), SECCOMP_RET_ALLOW);
}

TEST(Faults, AreWholeAndNamedOnce) {
  std::set<std::string> names;
  for (const Fault& fault : AllFaults()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name << " occurs twice";
    EXPECT_TRUE(std::string(fault.sentence).ends_with(".")) << fault.name;
    EXPECT_EQ(std::string(fault.breaks).empty(), std::string(fault.name) == "none") << fault.name;
    EXPECT_TRUE(!fault.rules.empty() || fault.at_birth) << fault.name << " does nothing";
    EXPECT_LT(MakeFilter(fault.rules).size(), size_t{BPF_MAXINSNS});
  }
  EXPECT_NE(FindFault("none"), nullptr);
  EXPECT_EQ(FindFault("no such fault"), nullptr);
}

}  // namespace
}  // namespace procmark::fault

// SPDX-License-Identifier: MIT
// The encodings, each as an assembler writes it.
#include "harness/explain/plugin/instruction.h"

#include <gtest/gtest.h>

#include <vector>

namespace procmark::explain {
namespace {

Instruction Read(Arch arch, const std::vector<uint8_t>& bytes) {
  return ReadInstruction(arch, bytes.data(), bytes.size());
}

Instruction Word(Arch arch, uint32_t word) {
  return Read(arch, {static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
                     static_cast<uint8_t>(word >> 16), static_cast<uint8_t>(word >> 24)});
}

Flow Amd64Flow(const std::vector<uint8_t>& bytes) { return Read(Arch::kAmd64, bytes).flow; }

TEST(Amd64, CallsAndReturns) {
  EXPECT_EQ(Amd64Flow({0xe8, 1, 2, 3, 4}), Flow::kCall);
  EXPECT_EQ(Amd64Flow({0x2e, 0xe8, 1, 2, 3, 4}), Flow::kCall);   // cs call: retpolines
  EXPECT_EQ(Amd64Flow({0xff, 0xd0}), Flow::kCall);               // call *%rax
  EXPECT_EQ(Amd64Flow({0x41, 0xff, 0xd3}), Flow::kCall);         // call *%r11
  EXPECT_EQ(Amd64Flow({0xff, 0x15, 1, 2, 3, 4}), Flow::kCall);   // call *N(%rip)
  EXPECT_EQ(Amd64Flow({0xff, 0xe0}), Flow::kOther);              // jmp *%rax
  EXPECT_EQ(Amd64Flow({0xff, 0x70, 0x08}), Flow::kOther);        // push 8(%rax)
  EXPECT_EQ(Amd64Flow({0xff, 0xc0}), Flow::kOther);              // inc %eax
  EXPECT_EQ(Amd64Flow({0xe9, 1, 2, 3, 4}), Flow::kOther);        // jmp
  EXPECT_EQ(Amd64Flow({0x0f, 0x85, 1, 2, 3, 4}), Flow::kOther);  // jne
  EXPECT_EQ(Amd64Flow({0xc3}), Flow::kReturn);
  EXPECT_EQ(Amd64Flow({0xf3, 0xc3}), Flow::kReturn);
  EXPECT_EQ(Amd64Flow({0xc2, 8, 0}), Flow::kReturn);
}

TEST(Amd64, Traps) {
  EXPECT_EQ(Amd64Flow({0x0f, 0x05}), Flow::kSystemCall);
  EXPECT_EQ(Amd64Flow({0x48, 0x0f, 0x07}), Flow::kTrapReturn);  // sysretq
  EXPECT_EQ(Amd64Flow({0x48, 0xcf}), Flow::kTrapReturn);        // iretq
}

TEST(Amd64, ClockAndStrings) {
  EXPECT_TRUE(Read(Arch::kAmd64, {0x0f, 0x31}).reads_clock);
  EXPECT_TRUE(Read(Arch::kAmd64, {0x0f, 0x01, 0xf9}).reads_clock);
  EXPECT_FALSE(Read(Arch::kAmd64, {0x0f, 0x01, 0xf8}).reads_clock);    // swapgs
  EXPECT_TRUE(Read(Arch::kAmd64, {0xf3, 0xaa}).repeats);               // rep stosb
  EXPECT_TRUE(Read(Arch::kAmd64, {0xf3, 0x48, 0xa5}).repeats);         // rep movsq
  EXPECT_TRUE(Read(Arch::kAmd64, {0xf2, 0xae}).repeats);               // repne scasb
  EXPECT_FALSE(Read(Arch::kAmd64, {0xaa}).repeats);                    // stosb
  EXPECT_FALSE(Read(Arch::kAmd64, {0xf3, 0x90}).repeats);              // pause
  EXPECT_FALSE(Read(Arch::kAmd64, {0xf3, 0x0f, 0xb8, 0xc0}).repeats);  // popcnt
}

TEST(Amd64, StackSwitch) {
  // mov %rsp,0xa58(%rdi); mov 0xa58(%rsi),%rsp; mov %rsp,8(%rdi)
  EXPECT_EQ(Read(Arch::kAmd64, {0x48, 0x89, 0xa7, 0x58, 0x0a, 0, 0}).stack_switch,
            StackSwitch::kSaves);
  EXPECT_EQ(Read(Arch::kAmd64, {0x48, 0x8b, 0xa6, 0x58, 0x0a, 0, 0}).stack_switch,
            StackSwitch::kLoads);
  EXPECT_EQ(Read(Arch::kAmd64, {0x48, 0x89, 0x67, 0x08}).stack_switch, StackSwitch::kNone);
}

TEST(Arm64, Flow) {
  EXPECT_EQ(Word(Arch::kArm64, 0x94000010).flow, Flow::kCall);   // bl
  EXPECT_EQ(Word(Arch::kArm64, 0x97fffff0).flow, Flow::kCall);   // bl, backwards
  EXPECT_EQ(Word(Arch::kArm64, 0xd63f0020).flow, Flow::kCall);   // blr x1
  EXPECT_EQ(Word(Arch::kArm64, 0xd63f083f).flow, Flow::kCall);   // blraaz x1
  EXPECT_EQ(Word(Arch::kArm64, 0xd73f0822).flow, Flow::kCall);   // blraa x1, x2
  EXPECT_EQ(Word(Arch::kArm64, 0x14000010).flow, Flow::kOther);  // b
  EXPECT_EQ(Word(Arch::kArm64, 0xd61f0020).flow, Flow::kOther);  // br x1
  EXPECT_EQ(Word(Arch::kArm64, 0xd65f03c0).flow, Flow::kReturn);
  EXPECT_EQ(Word(Arch::kArm64, 0xd65f0bff).flow, Flow::kReturn);      // retaa
  EXPECT_EQ(Word(Arch::kArm64, 0xd4000001).flow, Flow::kSystemCall);  // svc #0
  EXPECT_EQ(Word(Arch::kArm64, 0xd4000002).flow, Flow::kSystemCall);  // hvc #0
  EXPECT_EQ(Word(Arch::kArm64, 0xd4200000).flow, Flow::kOther);       // brk #0
  EXPECT_EQ(Word(Arch::kArm64, 0xd69f03e0).flow, Flow::kTrapReturn);  // eret
  EXPECT_EQ(Word(Arch::kArm64, 0xd69f0bff).flow, Flow::kTrapReturn);  // eretaa
  EXPECT_TRUE(Word(Arch::kArm64, 0xd53be043).reads_clock);            // mrs x3, cntvct_el0
  EXPECT_FALSE(Word(Arch::kArm64, 0xd53be003).reads_clock);           // mrs x3, cntfrq_el0
}

TEST(Riscv64, Flow) {
  EXPECT_EQ(Word(Arch::kRiscv64, 0x010000ef).flow, Flow::kCall);      // jal ra
  EXPECT_EQ(Word(Arch::kRiscv64, 0x0100006f).flow, Flow::kOther);     // j
  EXPECT_EQ(Word(Arch::kRiscv64, 0x000780e7).flow, Flow::kCall);      // jalr a5
  EXPECT_EQ(Word(Arch::kRiscv64, 0x00078067).flow, Flow::kOther);     // jr a5
  EXPECT_EQ(Word(Arch::kRiscv64, 0x00008067).flow, Flow::kReturn);    // ret
  EXPECT_EQ(Read(Arch::kRiscv64, {0x82, 0x80}).flow, Flow::kReturn);  // c.jr ra
  EXPECT_EQ(Read(Arch::kRiscv64, {0x82, 0x97}).flow, Flow::kCall);    // c.jalr a5
  EXPECT_EQ(Read(Arch::kRiscv64, {0x82, 0x87}).flow, Flow::kOther);   // c.jr a5
  EXPECT_EQ(Read(Arch::kRiscv64, {0x02, 0x90}).flow, Flow::kOther);   // c.ebreak
  EXPECT_EQ(Word(Arch::kRiscv64, 0x00000073).flow, Flow::kSystemCall);
  EXPECT_EQ(Word(Arch::kRiscv64, 0x10200073).flow, Flow::kTrapReturn);
  EXPECT_EQ(Word(Arch::kRiscv64, 0x30200073).flow, Flow::kTrapReturn);
  EXPECT_TRUE(Word(Arch::kRiscv64, 0xc0002573).reads_clock);   // rdcycle a0
  EXPECT_TRUE(Word(Arch::kRiscv64, 0xc0102573).reads_clock);   // rdtime a0
  EXPECT_FALSE(Word(Arch::kRiscv64, 0xc0202573).reads_clock);  // rdinstret a0
}

TEST(Riscv64, MemoryAccess) {
  EXPECT_TRUE(Word(Arch::kRiscv64, 0x00113423).accesses_memory);     // sd ra, 8(sp)
  EXPECT_TRUE(Word(Arch::kRiscv64, 0x00813083).accesses_memory);     // ld ra, 8(sp)
  EXPECT_TRUE(Word(Arch::kRiscv64, 0x0ce5202f).accesses_memory);     // amoswap
  EXPECT_FALSE(Word(Arch::kRiscv64, 0x00a58533).accesses_memory);    // add
  EXPECT_TRUE(Read(Arch::kRiscv64, {0x06, 0xe4}).accesses_memory);   // c.sdsp ra, 8(sp)
  EXPECT_TRUE(Read(Arch::kRiscv64, {0xa2, 0x60}).accesses_memory);   // c.ldsp ra, 8(sp)
  EXPECT_TRUE(Read(Arch::kRiscv64, {0x88, 0x61}).accesses_memory);   // c.ld a0, 0(a1)
  EXPECT_FALSE(Read(Arch::kRiscv64, {0x2a, 0x85}).accesses_memory);  // c.mv a0, a0
  EXPECT_FALSE(Read(Arch::kRiscv64, {0x0e, 0x05}).accesses_memory);  // c.slli a0, 3
}

TEST(OtherArchitectures, OnlyTheClock) {
  EXPECT_TRUE(Word(Arch::kPpc64el, 0x7c6c42a6).reads_clock);              // mfspr r3, 268
  EXPECT_FALSE(Word(Arch::kPpc64el, 0x7c6802a6).reads_clock);             // mflr r3
  EXPECT_TRUE(Read(Arch::kS390x, {0xb2, 0x7c, 0xf0, 0xa0}).reads_clock);  // stckf 160(%r15)
  EXPECT_FALSE(Read(Arch::kS390x, {0xb2, 0x78, 0xf0, 0xa0}).reads_clock);
  EXPECT_TRUE(Word(Arch::kArmhf, 0xec510f1e).reads_clock);   // mrrc p15, 1, r0, r1, c14 (A32)
  EXPECT_TRUE(Word(Arch::kArmhf, 0x0f1eec51).reads_clock);   // the same in T32
  EXPECT_FALSE(Word(Arch::kArmhf, 0xec510f0e).reads_clock);  // mrrc p15, 0: CNTPCT
  EXPECT_EQ(Word(Arch::kPpc64el, 0x4e800020).flow, Flow::kOther);
}

TEST(Targets, QemusNames) {
  EXPECT_EQ(ArchOfTarget("x86_64"), Arch::kAmd64);
  EXPECT_EQ(ArchOfTarget("ppc64"), Arch::kPpc64el);
  EXPECT_FALSE(ArchOfTarget("mips").has_value());
  EXPECT_TRUE(HasCallTree(Arch::kRiscv64));
  EXPECT_FALSE(HasCallTree(Arch::kS390x));
}

}  // namespace
}  // namespace procmark::explain

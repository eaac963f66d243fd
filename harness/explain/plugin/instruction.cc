// SPDX-License-Identifier: MIT
#include "harness/explain/plugin/instruction.h"

#include <algorithm>
#include <array>

namespace procmark::explain {
namespace {

// The bytes of an amd64 instruction, taken apart. Source: Intel SDM volume 2, chapter 2.
struct Amd64Bytes {
  bool rep = false;  // F2 or F3
  bool two_byte = false;
  uint8_t rex = 0;
  uint8_t opcode = 0;
  const uint8_t* rest = nullptr;  // behind the opcode
  size_t rest_size = 0;

  // The register field of the ModRM byte, which extends some opcodes; -1 without one.
  int Extension() const { return rest_size == 0 ? -1 : rest[0] >> 3 & 7; }
};

bool IsAmd64Prefix(uint8_t byte) {
  constexpr std::array<uint8_t, 11> kPrefixes = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
                                                 0x66, 0x67, 0xf0, 0xf2, 0xf3};
  return std::ranges::find(kPrefixes, byte) != kPrefixes.end();
}

Amd64Bytes TakeApart(const uint8_t* bytes, size_t size) {
  Amd64Bytes parts;
  size_t at = 0;
  for (; at < size && IsAmd64Prefix(bytes[at]); ++at) {
    parts.rep = parts.rep || bytes[at] == 0xf2 || bytes[at] == 0xf3;
  }
  if (at < size && (bytes[at] & 0xf0) == 0x40) parts.rex = bytes[at++];
  if (at < size && bytes[at] == 0x0f) {
    parts.two_byte = true;
    ++at;
  }
  if (at < size) parts.opcode = bytes[at++];
  parts.rest = bytes + at;
  parts.rest_size = size - at;
  return parts;
}

bool IsStringOpcode(uint8_t opcode) {
  return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7) ||
         (opcode >= 0xaa && opcode <= 0xaf);
}

// "mov %rsp, N(%rdi)" and "mov N(%rsi), %rsp" of __switch_to_asm (arch/x86/entry/entry_64.S), with
// N of 32 bits.
StackSwitch StackSwitchOf(const Amd64Bytes& parts) {
  constexpr uint8_t kRexW = 0x48;
  if (parts.rex != kRexW || parts.rest_size != 5) return StackSwitch::kNone;
  if (parts.opcode == 0x89 && parts.rest[0] == 0xa7) return StackSwitch::kSaves;
  if (parts.opcode == 0x8b && parts.rest[0] == 0xa6) return StackSwitch::kLoads;
  return StackSwitch::kNone;
}

Instruction ReadAmd64(const uint8_t* bytes, size_t size) {
  const Amd64Bytes parts = TakeApart(bytes, size);
  Instruction instruction;
  if (parts.two_byte) {
    if (parts.opcode == 0x05 || parts.opcode == 0x34) instruction.flow = Flow::kSystemCall;
    if (parts.opcode == 0x07 || parts.opcode == 0x35) instruction.flow = Flow::kTrapReturn;
    // rdtsc, and rdtscp: 0F 01 F9.
    instruction.reads_clock =
        parts.opcode == 0x31 ||
        (parts.opcode == 0x01 && parts.rest_size == 1 && parts.rest[0] == 0xf9);
    return instruction;
  }
  switch (parts.opcode) {
    case 0xe8:
      instruction.flow = Flow::kCall;
      break;
    case 0xff:
      if (parts.Extension() == 2 || parts.Extension() == 3) instruction.flow = Flow::kCall;
      break;
    case 0xc2:
    case 0xc3:
    case 0xca:
    case 0xcb:
      instruction.flow = Flow::kReturn;
      break;
    case 0xcd:  // int N
      instruction.flow = Flow::kSystemCall;
      break;
    case 0xcf:
      instruction.flow = Flow::kTrapReturn;
      break;
    default:
      break;
  }
  instruction.repeats = parts.rep && IsStringOpcode(parts.opcode);
  instruction.stack_switch = StackSwitchOf(parts);
  return instruction;
}

uint32_t LittleWord(const uint8_t* bytes, size_t size) {
  uint32_t word = 0;
  for (size_t i = 0; i < std::min<size_t>(size, 4); ++i) word |= uint32_t{bytes[i]} << (8 * i);
  return word;
}

bool Matches(uint32_t word, uint32_t mask, uint32_t value) { return (word & mask) == value; }

// Source: Arm Architecture Reference Manual, C4.1 "A64 instruction set encoding".
Instruction ReadArm64(uint32_t word) {
  Instruction instruction;
  const bool call = Matches(word, 0xfc000000, 0x94000000) ||  // bl
                    Matches(word, 0xfffffc1f, 0xd63f0000) ||  // blr
                    Matches(word, 0xfefff800, 0xd63f0800);    // blraa, blrab and their forms
  const bool back = Matches(word, 0xfffffc1f, 0xd65f0000) ||  // ret
                    Matches(word, 0xfffffbff, 0xd65f0bff);    // retaa, retab
  if (call) instruction.flow = Flow::kCall;
  if (back) instruction.flow = Flow::kReturn;
  // svc, hvc, smc; eret, eretaa, eretab.
  if (Matches(word, 0xffe0001c, 0xd4000000)) instruction.flow = Flow::kSystemCall;
  if (Matches(word, 0xfffff000, 0xd69f0000)) instruction.flow = Flow::kTrapReturn;
  instruction.reads_clock = Matches(word, 0xffffffe0, 0xd53be040);  // mrs Xt, cntvct_el0
  return instruction;
}

constexpr uint32_t kRa = 1;  // the registers that hold return addresses by the calling convention
constexpr uint32_t kT0 = 5;

bool IsLink(uint32_t number) { return number == kRa || number == kT0; }

// Source: RISC-V Unprivileged ISA, 2.5 "Control Transfer Instructions" and chapter 28 "C".
Instruction ReadRiscvCompressed(uint32_t half) {
  Instruction instruction;
  const uint32_t rs1 = half >> 7 & 31;
  if (Matches(half, 0xf07f, 0x9002) && rs1 != 0) instruction.flow = Flow::kCall;       // c.jalr
  if (Matches(half, 0xf07f, 0x8002) && IsLink(rs1)) instruction.flow = Flow::kReturn;  // c.jr
  const uint32_t quadrant = half & 3;
  const uint32_t operation = half >> 13;
  // Quadrant 0: loads and stores, except for c.addi4spn; quadrant 2: those by the stack pointer.
  instruction.accesses_memory =
      (quadrant == 0 && operation != 0) || (quadrant == 2 && operation != 0 && operation != 4);
  return instruction;
}

Instruction ReadRiscv(uint32_t word, size_t size) {
  if (size == 2) return ReadRiscvCompressed(word);
  Instruction instruction;
  const uint32_t opcode = word & 0x7f;
  const uint32_t rd = word >> 7 & 31;
  const uint32_t rs1 = word >> 15 & 31;
  constexpr uint32_t kJal = 0x6f;
  constexpr uint32_t kJalr = 0x67;
  if (opcode == kJal && IsLink(rd)) instruction.flow = Flow::kCall;
  if (opcode == kJalr && IsLink(rd)) instruction.flow = Flow::kCall;
  if (opcode == kJalr && rd == 0 && IsLink(rs1)) instruction.flow = Flow::kReturn;
  if (word == 0x00000073) instruction.flow = Flow::kSystemCall;                        // ecall
  if (word == 0x10200073 || word == 0x30200073) instruction.flow = Flow::kTrapReturn;  // sret, mret
  // rdcycle and rdtime: csrrs rd, 0xc00 or 0xc01, x0.
  instruction.reads_clock = Matches(word, 0xfffff07f, 0xc0002073) ||  // line by line
                            Matches(word, 0xfffff07f, 0xc0102073);
  // LOAD, LOAD-FP, STORE, STORE-FP, AMO.
  constexpr std::array<uint32_t, 5> kMemory = {0x03, 0x07, 0x23, 0x27, 0x2f};
  instruction.accesses_memory = std::ranges::find(kMemory, opcode) != kMemory.end();
  return instruction;
}

// mfspr Rt, 268 and mftb Rt.
bool ReadsPpcClock(uint32_t word) { return Matches(word, 0xfc1fffff, 0x7c0c42a6); }

// stckf is B27C, stck is B205.
bool ReadsS390Clock(const uint8_t* bytes, size_t size) {
  return size == 4 && bytes[0] == 0xb2 && (bytes[1] == 0x7c || bytes[1] == 0x05);
}

// mrrc p15, 1, Rt, Rt2, c14, in A32 and, with its halves in order, in T32.
bool ReadsArmClock(const uint8_t* bytes, size_t size) {
  if (size != 4) return false;
  const uint32_t a32 = LittleWord(bytes, size);
  const uint32_t t32 = a32 << 16 | a32 >> 16;
  return Matches(a32, 0x0ff00fff, 0x0c500f1e) || Matches(t32, 0xfff00fff, 0xec500f1e);
}

}  // namespace

Instruction ReadInstruction(Arch arch, const uint8_t* bytes, size_t size) {
  Instruction instruction;
  switch (arch) {
    case Arch::kAmd64:
      return ReadAmd64(bytes, size);
    case Arch::kArm64:
      return ReadArm64(LittleWord(bytes, size));
    case Arch::kRiscv64:
      return ReadRiscv(LittleWord(bytes, size), size);
    case Arch::kPpc64el:
      instruction.reads_clock = ReadsPpcClock(LittleWord(bytes, size));
      break;
    case Arch::kS390x:
      instruction.reads_clock = ReadsS390Clock(bytes, size);
      break;
    case Arch::kArmhf:
      instruction.reads_clock = ReadsArmClock(bytes, size);
      break;
  }
  return instruction;
}

}  // namespace procmark::explain

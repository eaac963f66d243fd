// SPDX-License-Identifier: MIT
// The first instructions of a program without a C library, and the functions that a compiler calls
// by itself. The program defines extern "C" [[noreturn]] void ProcmarkStart(long* stack). `stack`
// is as the kernel prepared it: argc, argv, 0, environment, 0, auxv (elf(5), execve(2)).

extern "C" {

void* memset(void* to, int value, __SIZE_TYPE__ size) {
  char* bytes = static_cast<char*>(to);
  for (__SIZE_TYPE__ i = 0; i < size; ++i) bytes[i] = static_cast<char>(value);
  return to;
}

void* memcpy(void* __restrict to, const void* __restrict from, __SIZE_TYPE__ size) {
  for (__SIZE_TYPE__ i = 0; i < size; ++i)
    static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
  return to;
}

}  // extern "C"

// Each entry moves the stack down to a page boundary. So all writes while measuring are to one
// page, wherever the kernel placed the stack, and every run takes the same faults.
#if defined(__x86_64__)
asm(".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-4096, %rsp\n"
    "  call ProcmarkStart\n");
#elif defined(__aarch64__)
asm(".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  and sp, x0, #-4096\n"
    "  bl ProcmarkStart\n");
#elif defined(__riscv)
asm(".globl _start\n"
    "_start:\n"
    "  .option push\n"
    "  .option norelax\n"
    "  la gp, __global_pointer$\n"
    "  .option pop\n"
    "  mv a0, sp\n"
    "  srli sp, sp, 12\n"
    "  slli sp, sp, 12\n"
    "  call ProcmarkStart\n");
#elif defined(__powerpc64__)
// ELFv2: the kernel enters with the entry's address in r12; the TOC follows from it.
asm(".globl _start\n"
    ".type _start, @function\n"
    "_start:\n"
    "  addis 2, 12, .TOC.-_start@ha\n"
    "  addi 2, 2, .TOC.-_start@l\n"
    "  mr 3, 1\n"
    "  clrrdi 1, 1, 12\n"
    "  li 0, 0\n"
    "  stdu 0, -64(1)\n"
    "  bl ProcmarkStart\n"
    "  nop\n");
#elif defined(__s390x__)
asm(".globl _start\n"
    "_start:\n"
    "  lgr %r2, %r15\n"
    "  nill %r15, 0xf000\n"
    "  aghi %r15, -160\n"
    "  xc 0(8,%r15), 0(%r15)\n"
    "  brasl %r14, ProcmarkStart\n");
#elif defined(__arm__)
asm(".globl _start\n"
    ".type _start, %function\n"
    "_start:\n"
    "  mov r11, #0\n"
    "  mov r0, sp\n"
    "  lsr r1, r0, #12\n"
    "  lsl sp, r1, #12\n"
    "  bl ProcmarkStart\n");
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif

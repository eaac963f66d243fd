// SPDX-License-Identifier: MIT
// Raw system calls by inline assembly, usable without a C library: freestanding, no errno, no
// locks, no cancellation points. Everything here is async-signal-safe and safe between vfork and
// exec. The numbers (__NR_*) come from <asm/unistd.h>.
//
// Register use per architecture: syscall(2), "Architecture calling conventions"; the order of
// clone's arguments: clone(2), "C library/kernel differences", and CONFIG_CLONE_BACKWARDS* in
// arch/*/Kconfig. On armhf the including file must be compiled without a frame pointer in r7
// (-fomit-frame-pointer, or ARM mode), because r7 holds the number.
#pragma once

#include <asm/unistd.h>

namespace procmark::sys {

// What the entry of a task on a fresh stack looks like. It must not return.
using RawEntry = void (*)(void* argument);

// One system call. Returns its value, or -errno (-4095 .. -1) where it failed.
[[gnu::always_inline]] inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0,
                                              long d = 0, long e = 0, long f = 0);

inline bool RawFailed(long returned) { return returned < 0 && returned >= -4095; }

template <typename T>
[[gnu::always_inline]] inline long RawArg(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

#if defined(__x86_64__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long r10 asm("r10") = (ctid);                                                    \
  register long r8 asm("r8") = (tls);                                                       \
  asm volatile(                                                                             \
      "syscall\n\t"                                                                         \
      "test %%rax, %%rax\n\t"                                                               \
      "jnz 1f\n\t"                                                                          \
      "mov %[arg], %%rdi\n\t"                                                               \
      "call *%[fn]\n\t"                                                                     \
      "ud2\n"                                                                               \
      "1:"                                                                                  \
      : "=a"(result)                                                                        \
      : "a"(static_cast<long>(__NR_clone)), "D"(flags), "S"(stack), "d"(ptid), "r"(r10),    \
        "r"(r8), [fn] "r"(entry), [arg] "r"(argument)                                       \
      : "rcx", "r11", "memory", "cc")

#elif defined(__aarch64__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory", "cc");
  return x0;
}

#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long x8 asm("x8") = __NR_clone;                                                  \
  register long x0 asm("x0") = (flags);                                                     \
  register long x1 asm("x1") = (stack);                                                     \
  register long x2 asm("x2") = (ptid);                                                      \
  register long x3 asm("x3") = (tls);                                                       \
  register long x4 asm("x4") = (ctid);                                                      \
  asm volatile(                                                                             \
      "svc #0\n\t"                                                                          \
      "cbnz x0, 1f\n\t"                                                                     \
      "mov x0, %[arg]\n\t"                                                                  \
      "blr %[fn]\n\t"                                                                       \
      "brk #0\n"                                                                            \
      "1:"                                                                                  \
      : "+r"(x0)                                                                            \
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [fn] "r"(entry), [arg] "r"(argument)   \
      : "x30", "memory", "cc");                                                             \
  result = x0

#elif defined(__riscv) && __riscv_xlen == 64

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("ecall"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "memory");
  return a0;
}

#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long a7 asm("a7") = __NR_clone;                                                  \
  register long a0 asm("a0") = (flags);                                                     \
  register long a1 asm("a1") = (stack);                                                     \
  register long a2 asm("a2") = (ptid);                                                      \
  register long a3 asm("a3") = (tls);                                                       \
  register long a4 asm("a4") = (ctid);                                                      \
  asm volatile(                                                                             \
      "ecall\n\t"                                                                           \
      "bnez a0, 1f\n\t"                                                                     \
      "mv a0, %[arg]\n\t"                                                                   \
      "jalr %[fn]\n\t"                                                                      \
      "ebreak\n"                                                                            \
      "1:"                                                                                  \
      : "+r"(a0)                                                                            \
      : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), [fn] "r"(entry), [arg] "r"(argument)   \
      : "ra", "memory");                                                                    \
  result = a0

#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long r0 asm("r0") = number;
  register long r3 asm("r3") = a;
  register long r4 asm("r4") = b;
  register long r5 asm("r5") = c;
  register long r6 asm("r6") = d;
  register long r7 asm("r7") = e;
  register long r8 asm("r8") = f;
  asm volatile(
      "sc\n\t"
      "bns+ 1f\n\t"
      "neg %1, %1\n"
      "1:"
      : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
      :
      : "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
  return r3;
}

#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long r0 asm("r0") = __NR_clone;                                                  \
  register long r3 asm("r3") = (flags);                                                     \
  register long r4 asm("r4") = (stack);                                                     \
  register long r5 asm("r5") = (ptid);                                                      \
  register long r6 asm("r6") = (tls);                                                       \
  register long r7 asm("r7") = (ctid);                                                      \
  asm volatile(                                                                             \
      "sc\n\t"                                                                              \
      "bns+ 2f\n\t"                                                                         \
      "neg 3, 3\n"                                                                          \
      "2:\n\t"                                                                              \
      "cmpdi 3, 0\n\t"                                                                      \
      "bne 1f\n\t"                                                                          \
      "li 0, 0\n\t"                                                                         \
      "stdu 0, -48(1)\n\t"                                                                  \
      "mr 12, %[fn]\n\t"                                                                    \
      "mtctr 12\n\t"                                                                        \
      "mr 3, %[arg]\n\t"                                                                    \
      "bctrl\n\t"                                                                           \
      "trap\n"                                                                              \
      "1:"                                                                                  \
      : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)                          \
      : [fn] "r"(entry), [arg] "r"(argument)                                                \
      : "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "lr", "xer", "memory");              \
  result = r3

#elif defined(__s390x__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long r1 asm("r1") = number;
  register long r2 asm("r2") = a;
  register long r3 asm("r3") = b;
  register long r4 asm("r4") = c;
  register long r5 asm("r5") = d;
  register long r6 asm("r6") = e;
  register long r7 asm("r7") = f;
  asm volatile("svc 0"
               : "+d"(r2)
               : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
               : "memory", "cc");
  return r2;
}

// CONFIG_CLONE_BACKWARDS2: the stack comes first. A frame of 160 bytes is the ABI's save area.
#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long r1 asm("r1") = __NR_clone;                                                  \
  register long r2 asm("r2") = (stack);                                                     \
  register long r3 asm("r3") = (flags);                                                     \
  register long r4 asm("r4") = (ptid);                                                      \
  register long r5 asm("r5") = (ctid);                                                      \
  register long r6 asm("r6") = (tls);                                                       \
  asm volatile(                                                                             \
      "svc 0\n\t"                                                                           \
      "ltgr %%r2, %%r2\n\t"                                                                 \
      "jne 1f\n\t"                                                                          \
      "aghi %%r15, -160\n\t"                                                                \
      "lgr %%r2, %[arg]\n\t"                                                                \
      "basr %%r14, %[fn]\n\t"                                                               \
      ".short 0\n"                                                                          \
      "1:"                                                                                  \
      : "+d"(r2)                                                                            \
      : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), [fn] "a"(entry), [arg] "d"(argument)   \
      : "r14", "memory", "cc");                                                             \
  result = r2

#elif defined(__arm__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a, long b, long c, long d, long e,
                                              long f) {
  register long r7 asm("r7") = number;
  register long r0 asm("r0") = a;
  register long r1 asm("r1") = b;
  register long r2 asm("r2") = c;
  register long r3 asm("r3") = d;
  register long r4 asm("r4") = e;
  register long r5 asm("r5") = f;
  asm volatile("svc #0"
               : "+r"(r0)
               : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
               : "memory", "cc");
  return r0;
}

#define PROCMARK_RAW_CLONE_ON_STACK(flags, stack, ptid, tls, ctid, entry, argument, result) \
  register long r7 asm("r7") = __NR_clone;                                                  \
  register long r0 asm("r0") = (flags);                                                     \
  register long r1 asm("r1") = (stack);                                                     \
  register long r2 asm("r2") = (ptid);                                                      \
  register long r3 asm("r3") = (tls);                                                       \
  register long r4 asm("r4") = (ctid);                                                      \
  asm volatile(                                                                             \
      "svc #0\n\t"                                                                          \
      "cmp r0, #0\n\t"                                                                      \
      "bne 1f\n\t"                                                                          \
      "mov r0, %[arg]\n\t"                                                                  \
      "blx %[fn]\n\t"                                                                       \
      "udf #0\n"                                                                            \
      "1:"                                                                                  \
      : "+r"(r0)                                                                            \
      : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), [fn] "r"(entry), [arg] "r"(argument)   \
      : "lr", "memory", "cc");                                                              \
  result = r0

#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif

// clone(2) without a stack of its own: the child goes on where the caller is, on a copy of its
// memory, or, with CLONE_VM|CLONE_VFORK, on the very same stack while the caller sleeps; the child
// must then leave this frame only by execve, _exit or a call that does not return.
[[gnu::always_inline]] inline long RawClone(unsigned long flags, long ptid = 0, long tls = 0,
                                            long ctid = 0) {
  const long signed_flags = static_cast<long>(flags);
#if defined(__x86_64__)
  return RawSyscall(__NR_clone, signed_flags, 0, ptid, ctid, tls);
#elif defined(__s390x__)
  return RawSyscall(__NR_clone, 0, signed_flags, ptid, ctid, tls);
#elif defined(__aarch64__) || defined(__riscv) || defined(__powerpc64__) || defined(__arm__)
  return RawSyscall(__NR_clone, signed_flags, 0, ptid, tls, ctid);
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif
}

// clone(2) onto the stack that ends at `stack_top` (aligned to 16): the child calls
// entry(argument), which must not return. The caller gets the child's id or -errno.
[[gnu::always_inline]] inline long RawCloneOnStack(unsigned long flags, void* stack_top, int* ptid,
                                                   int* ctid, RawEntry entry, void* argument) {
  long result;
  PROCMARK_RAW_CLONE_ON_STACK(static_cast<long>(flags), RawArg(stack_top), RawArg(ptid), 0L,
                              RawArg(ctid), entry, argument, result);
  return result;
}
#undef PROCMARK_RAW_CLONE_ON_STACK

// fork(2); where the architecture has none (arm64, riscv64) clone(SIGCHLD), which is what the
// kernel's own fork is: kernel/fork.c, SYSCALL_DEFINE0(fork).
[[gnu::always_inline]] inline long RawFork() {
#if defined(__NR_fork)
  return RawSyscall(__NR_fork);
#else
  return RawClone(17 /* SIGCHLD */);
#endif
}

// vfork(2), or the clone that it is (kernel/fork.c, SYSCALL_DEFINE0(vfork)). The child's duty is
// that of RawClone with CLONE_VM|CLONE_VFORK.
[[gnu::always_inline]] inline long RawVfork() {
#if defined(__NR_vfork)
  return RawSyscall(__NR_vfork);
#else
  return RawClone(0x4000UL | 0x100UL | 17 /* CLONE_VFORK | CLONE_VM | SIGCHLD */);
#endif
}

// mmap(2) with an offset of zero. 32-bit Arm has mmap2 only; s390x takes one pointer to all six
// arguments (arch/s390/kernel/syscall.c).
inline long RawMmap(void* address, unsigned long size, int protection, int flags, int fd) {
#if defined(__arm__)
  return RawSyscall(__NR_mmap2, RawArg(address), static_cast<long>(size), protection, flags, fd, 0);
#elif defined(__s390x__)
  long arguments[6] = {RawArg(address), static_cast<long>(size), protection, flags, fd, 0};
  return RawSyscall(__NR_mmap, RawArg(arguments));
#elif defined(__x86_64__) || defined(__aarch64__) || defined(__riscv) || defined(__powerpc64__)
  return RawSyscall(__NR_mmap, RawArg(address), static_cast<long>(size), protection, flags, fd, 0);
#else
#error "add this architecture (docs/adding-an-architecture.md)"
#endif
}

}  // namespace procmark::sys

// SPDX-License-Identifier: MIT
// The stack that clone(2) and clone3(2) give the child.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/refusal.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneStack, NeedsItsSize,
        {
            .says = "clone3 with a stack and no size, or with a size and no stack, fails with "
                    "EINVAL.",
            .item = "131",
            .authority = "clone3(2); kernel/fork.c clone3_stack_valid()",
            .since = "5.3",
        }) {
  alignas(64) static char memory[4096];
  CloneArguments arguments{.exit_signal = SIGCHLD};
  arguments.stack = reinterpret_cast<uint64_t>(memory);
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL);
  arguments.stack = 0;
  arguments.stack_size = sizeof memory;
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL);
}

PROMISE(CloneStack, OutsideOfUserMemoryIsEinval,
        {
            .says = "clone3 with a stack that leaves user memory or wraps around fails with "
                    "EINVAL.",
            .item = "131",
            .authority = "clone3(2); kernel/fork.c clone3_stack_valid() access_ok()",
            .since = "5.3.11",
        }) {
#if defined(__s390x__)
  GTEST_SKIP() << "on s390x user and kernel each have an address space of their own";
#endif
  const uint64_t top = ~uint64_t{0} & ~uint64_t{0xfff};
  for (const uint64_t stack : {top, top - 0x10000}) {
    CloneArguments arguments = PlainArguments();
    arguments.stack = stack;
    arguments.stack_size = 0x20000;
    EXPECT_ERRNO(Clone3Error(arguments), EINVAL) << stack;
  }
}

struct Place {
  std::atomic<uintptr_t> frame;
};
int NotePlace(void* place) {
  static_cast<Place*>(place)->frame.store(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  return 0;
}

// How the calling convention aligns a frame.
#if defined(__x86_64__) || defined(__aarch64__)
constexpr uintptr_t kStackAlignment = 16;
#else
constexpr uintptr_t kStackAlignment = sizeof(void*);
#endif

PROMISE(CloneStack, ChildStartsOnTheGivenStack,
        {
            .says = "A child that shares memory starts near the top of its given stack, aligned as "
                    "the calling convention requires even if the given address is not.",
            .item = "114",
            .authority = "clone(2) (The child stack)",
        }) {
  for (const uintptr_t off : {0U, 8U, 24U, 1U}) {
    const StackMemory stack;
    Place place{};
    char* const top = stack.Top() - off;
    const int pid = ::clone(NotePlace, top, CLONE_VM | SIGCHLD, &place);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(pid, 0).status, 0);
    const uintptr_t frame = place.frame.load();
    EXPECT_GT(frame, reinterpret_cast<uintptr_t>(stack.Bottom()));
    EXPECT_LE(frame, reinterpret_cast<uintptr_t>(top));
    EXPECT_GT(frame, reinterpret_cast<uintptr_t>(top) - 4096);
    EXPECT_EQ(frame % kStackAlignment, 0U) << "the given address is off by " << off;
  }
}

#if defined(__x86_64__)
// The clone3(2) system call itself. The child starts here with nothing on its stack, and stores its
// stack pointer in *seen. The child's pid, or -errno.
long Clone3AndNoteStack(const CloneArguments& arguments, uintptr_t* seen) {
  long result = SYS_clone3;
  register uintptr_t* kept asm("r12") = seen;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "mov %%rsp, (%%r12)\n\t"
      "xor %%edi, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), [exit] "i"(SYS_exit), "r"(kept)
      : "rcx", "r11", "memory");
  if (result == -ENOSYS || result == -EPERM) NoteRefusal(Refusal::kClone3);
  return result;
}
#endif

PROMISE(CloneStack, Clone3TakesBaseAndSize,
        {
            .says = "The stack of clone3 is given by its lowest address and its size, and the "
                    "child's stack pointer starts at their sum.",
            .item = "114",
            .authority = "clone(2) clone3() stack and stack_size; kernel/fork.c "
                         "clone3_stack_valid()",
            .since = "5.3",
        }) {
#if defined(__x86_64__)
  const StackMemory stack;
  for (const size_t bytes : {StackMemory::kBytes, StackMemory::kBytes / 2}) {
    uintptr_t seen = 0;
    CloneArguments arguments{.flags = CLONE_VM, .exit_signal = SIGCHLD};
    arguments.stack = reinterpret_cast<uint64_t>(stack.Bottom());
    arguments.stack_size = bytes;
    const long pid = Clone3AndNoteStack(arguments, &seen);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(static_cast<pid_t>(pid), 0).status, 0);
    EXPECT_EQ(seen, reinterpret_cast<uintptr_t>(stack.Bottom()) + bytes);
  }
#else
  GTEST_SKIP() << "this test is written for the registers of x86-64";
#endif
}

}  // namespace
}  // namespace procmark::conformance

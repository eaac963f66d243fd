// SPDX-License-Identifier: MIT
// CLONE_SETTLS: the thread pointer of the child.
#include <gtest/gtest.h>
#include <sched.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

// Runs with a thread pointer that does not point to the C library's data, so it only stores.
__attribute__((no_stack_protector)) int NoteThreadPointer([[maybe_unused]] void* seen) {
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)
  *static_cast<void* volatile*>(seen) = __builtin_thread_pointer();
#endif
  return 0;
}

PROMISE(CloneThreadPointer, IsTheGivenOne,
        {
            .says = "With CLONE_SETTLS the child has the given thread pointer, and without it that "
                    "of its parent.",
            .item = "113",
            .authority = "clone(2) CLONE_SETTLS; arch copy_thread()",
        }) {
  const StackMemory stack;
  const StackMemory storage;
  char* const pointer = storage.Bottom() + StackMemory::kBytes / 2;
  *reinterpret_cast<void**>(pointer) = pointer;  // x86 reads the thread pointer through memory
  void* volatile ours = nullptr;
  (void)NoteThreadPointer(const_cast<void**>(&ours));
  if (ours == nullptr) GTEST_SKIP() << "the thread pointer cannot be read on this architecture";
  void* volatile seen = nullptr;
  for (const bool given : {true, false}) {
    const int flags = CLONE_VM | (given ? CLONE_SETTLS : 0) | SIGCHLD;
    const int pid =
        ::clone(NoteThreadPointer, stack.Top(), flags, const_cast<void**>(&seen), nullptr, pointer);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(Wait4(pid, 0).status, 0);
    EXPECT_EQ(seen, given ? pointer : ours) << "given: " << given;
  }
  (void)NoteThreadPointer(const_cast<void**>(&seen));
  EXPECT_EQ(seen, ours) << "the parent's own thread pointer is the same";
}

PROMISE(CloneThreadPointer, OutsideOfUserMemoryIsEperm,
        {
            .says = "On x86-64 CLONE_SETTLS with an address outside user memory fails with EPERM "
                    "and leaves no child.",
            .item = "113",
            .authority = "arch/x86/kernel/process_64.c do_arch_prctl_64() ARCH_SET_FS",
            .kind = Kind::kLinux,
        }) {
#if defined(__x86_64__)
  for (const uint64_t address : {uint64_t{1} << 63, ~uint64_t{0}}) {
    CloneArguments arguments{.flags = CLONE_SETTLS, .exit_signal = SIGCHLD};
    arguments.tls = address;
    EXPECT_ERRNO(Clone3Error(arguments), EPERM) << address;
  }
  EXPECT_TRUE(HasNoChild());
#else
  GTEST_SKIP() << "this rule is x86-64's";
#endif
}

}  // namespace
}  // namespace procmark::conformance

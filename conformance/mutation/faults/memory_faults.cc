// SPDX-License-Identifier: MIT
// Kernels that are wrong about memory, descriptors and the clean-up at the end of a task.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include <vector>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

constexpr uint64_t kSharing = MAP_SHARED | MAP_PRIVATE;

Rule IgnoredAdvice(uint32_t advice) { return Ignored(SYS_madvise, {{2, ~0U, advice}}); }
Rule IgnoredPtrace(uint32_t request) { return Ignored(SYS_ptrace, {{0, ~0U, request}}); }

// Turns anonymous mappings of one kind into the other, except stacks.
Rule SharingChanged(uint64_t from, uint64_t to) {
  return {SYS_mmap,
          {{3, kSharing | MAP_ANONYMOUS | MAP_STACK, static_cast<uint32_t>(from | MAP_ANONYMOUS)}},
          [=](Call& call) { call.SetArgument(3, (call.Argument(3) & ~kSharing) | to); }};
}

Rule WithoutBits(long number, int argument, uint64_t bits) {
  return {number, {}, [=](Call& call) { call.ClearBits(argument, bits); }};
}

// Removes SEM_UNDO from the operations of a call like semop(2). When the call returns, the caller's
// array has its old content again.
Rule WithoutUndo(long number) {
  return {number, {}, [](Call& call) {
            const uint64_t address = call.Argument(1);
            if (call.Argument(2) > 64) return;
            std::vector<sembuf> before(call.Argument(2));
            const size_t size = before.size() * sizeof(sembuf);
            if (!call.ReadMemory(address, before.data(), size)) return;
            std::vector<sembuf> after = before;
            for (sembuf& operation : after) {
              operation.sem_flg = static_cast<short>(operation.sem_flg & ~SEM_UNDO);
            }
            if (!call.WriteMemory(address, after.data(), size)) return;
            call.AtReturn([before, address, size](Call& returned) {
              (void)returned.WriteMemory(address, before.data(), size);
            });
          }};
}

Fault CloseOnExecIgnored() {
  return {
      "cloexec_ignored",
      "No descriptor is ever marked close-on-exec.",
      "open(2) O_CLOEXEC, fcntl(2) F_SETFD; fs/file.c do_close_on_exec()",
      {WithoutBits(SYS_open, 1, O_CLOEXEC),
       WithoutBits(SYS_openat, 2, O_CLOEXEC),
       WithoutBits(SYS_pipe2, 1, O_CLOEXEC),
       WithoutBits(SYS_dup3, 2, O_CLOEXEC),
       WithoutBits(SYS_memfd_create, 1, MFD_CLOEXEC),
       WithoutBits(SYS_eventfd2, 1, O_CLOEXEC),
       {SYS_fcntl, {{1, ~0U, F_SETFD}}, [](Call& call) { call.Answer(0); }},
       {SYS_fcntl, {{1, ~0U, F_DUPFD_CLOEXEC}}, [](Call& call) { call.SetArgument(1, F_DUPFD); }}}};
}

std::vector<Fault> WrongMemory() {
  return {
      {"dontfork_ignored",
       "MADV_DONTFORK returns success and does nothing.",
       "madvise(2) MADV_DONTFORK; kernel/fork.c dup_mmap()",
       {IgnoredAdvice(MADV_DONTFORK)}},
      {"dofork_ignored",
       "MADV_DOFORK returns success and does nothing.",
       "madvise(2) MADV_DOFORK; mm/madvise.c",
       {IgnoredAdvice(MADV_DOFORK)}},
      {"wipeonfork_ignored",
       "MADV_WIPEONFORK returns success and does nothing.",
       "madvise(2) MADV_WIPEONFORK; kernel/fork.c dup_mmap()",
       {IgnoredAdvice(MADV_WIPEONFORK)}},
      {"keeponfork_ignored",
       "MADV_KEEPONFORK returns success and does nothing.",
       "madvise(2) MADV_KEEPONFORK; mm/madvise.c",
       {IgnoredAdvice(MADV_KEEPONFORK)}},
      {"private_is_shared",
       "Private anonymous memory is shared with children.",
       "mmap(2) MAP_PRIVATE; mm/memory.c copy_present_pte()",
       {SharingChanged(MAP_PRIVATE, MAP_SHARED)}},
      {"shared_is_private",
       "Shared anonymous memory is copied to children.",
       "mmap(2) MAP_SHARED; mm/shmem.c",
       {SharingChanged(MAP_SHARED, MAP_PRIVATE)}},
      {"mlock_ignored",
       "mlock(2), mlock2(2) and mlockall(2) return success and lock nothing.",
       "mlock(2); mm/mlock.c",
       {Ignored(SYS_mlock), Ignored(SYS_mlock2), Ignored(SYS_mlockall)}},
  };
}

std::vector<Fault> WrongEnds() {
  return {
      CloseOnExecIgnored(),
      {"robust_list_ignored",
       "set_robust_list(2) returns success, and the kernel never walks the list.",
       "set_robust_list(2); kernel/futex/core.c exit_robust_list()",
       {Ignored(SYS_set_robust_list)}},
      {"clear_child_tid_ignored",
       "set_tid_address(2) returns the tid and does nothing.",
       "set_tid_address(2); kernel/fork.c mm_release()",
       {{SYS_set_tid_address, {}, [](Call& call) { call.SetNumber(SYS_gettid); }}}},
      {"sem_undo_ignored",
       "The kernel does not undo semop(2) with SEM_UNDO at the end of the process.",
       "semop(2) SEM_UNDO; ipc/sem.c exit_sem()",
       {WithoutUndo(SYS_semop), WithoutUndo(SYS_semtimedop)}},
      {"record_locks_ignored",
       "fcntl(2) reports a record lock as taken and takes none.",
       "fcntl_locking(2); fs/locks.c",
       {Ignored(SYS_fcntl, {{1, ~0U, F_SETLK}}), Ignored(SYS_fcntl, {{1, ~0U, F_SETLKW}}),
        Ignored(SYS_fcntl, {{1, ~0U, F_OFD_SETLK}})}},
      {"flock_ignored",
       "flock(2) returns success and locks nothing.",
       "flock(2); fs/locks.c",
       {Ignored(SYS_flock)}},
      {"ptrace_options_ignored",
       "PTRACE_SETOPTIONS returns success and does nothing.",
       "ptrace(2) PTRACE_SETOPTIONS; kernel/ptrace.c ptrace_setoptions()",
       {IgnoredPtrace(PTRACE_SETOPTIONS)}},
      {"traceme_ignored",
       "PTRACE_TRACEME returns success and does nothing.",
       "ptrace(2) PTRACE_TRACEME; kernel/ptrace.c ptrace_traceme()",
       {IgnoredPtrace(PTRACE_TRACEME)}},
      {"interrupt_ignored",
       "PTRACE_INTERRUPT returns success and does nothing.",
       "ptrace(2) PTRACE_INTERRUPT; kernel/ptrace.c ptrace_request()",
       {IgnoredPtrace(PTRACE_INTERRUPT)}},
      {"detach_ignored",
       "PTRACE_DETACH returns success and does nothing.",
       "ptrace(2) PTRACE_DETACH; kernel/ptrace.c ptrace_detach()",
       {IgnoredPtrace(PTRACE_DETACH)}},
  };
}

}  // namespace

std::vector<Fault> MemoryFaults() {
  std::vector<Fault> faults = WrongMemory();
  for (Fault& fault : WrongEnds()) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace procmark::fault

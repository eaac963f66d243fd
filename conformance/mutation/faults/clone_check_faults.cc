// SPDX-License-Identifier: MIT
// Kernels whose clone(2) and clone3(2) accept calls that they must refuse.
#include <sys/syscall.h>

#include "conformance/mutation/faults/clone_call.h"
#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

constexpr uint64_t kKnownFlags = (1ULL << 34) - 1;
constexpr const char* kCopyProcess = "clone(2) EINVAL; kernel/fork.c copy_process()";
constexpr const char* kClone3Valid = "clone(2) EINVAL; kernel/fork.c clone3_args_valid()";

Fault Accepted(const char* name, const char* sentence, const EditFlags& edit) {
  return {name, sentence, kCopyProcess, OnCloneFlags(edit)};
}

Fault Clone3Accepted(const char* name, const char* sentence, const EditArguments& edit) {
  return {name, sentence, kClone3Valid, {OnClone3(edit)}};
}

}  // namespace

std::vector<Fault> CloneCheckFaults() {
  return {
      Accepted("accept_sighand_without_vm",
               "clone accepts CLONE_SIGHAND without CLONE_VM and ignores it.",
               DropWhere(CLONE_SIGHAND, CLONE_VM | CLONE_THREAD, CLONE_SIGHAND)),
      Accepted("accept_thread_without_sighand",
               "clone accepts CLONE_THREAD without CLONE_SIGHAND and makes a process.",
               DropWhere(CLONE_THREAD, CLONE_SIGHAND, CLONE_THREAD)),
      Accepted("accept_fs_with_newns",
               "clone accepts CLONE_FS with CLONE_NEWNS and ignores CLONE_FS.",
               DropWhere(CLONE_FS | CLONE_NEWNS, 0, CLONE_FS)),
      Accepted("accept_fs_with_newuser",
               "clone accepts CLONE_FS with CLONE_NEWUSER and ignores CLONE_FS.",
               DropWhere(CLONE_FS | CLONE_NEWUSER, 0, CLONE_FS)),
      Accepted("accept_thread_with_newpid",
               "clone accepts CLONE_THREAD with CLONE_NEWPID and makes no namespace.",
               DropWhere(CLONE_THREAD | CLONE_NEWPID, 0, CLONE_NEWPID)),
      Accepted("accept_thread_with_newuser",
               "clone accepts CLONE_THREAD with CLONE_NEWUSER and makes no namespace.",
               DropWhere(CLONE_THREAD | CLONE_NEWUSER, 0, CLONE_NEWUSER)),
      Accepted("accept_sysvsem_with_newipc",
               "clone accepts CLONE_SYSVSEM with CLONE_NEWIPC and ignores CLONE_SYSVSEM.",
               DropWhere(CLONE_SYSVSEM | CLONE_NEWIPC, 0, CLONE_SYSVSEM)),
      Accepted("accept_clear_sighand_with_sighand",
               "clone3 accepts CLONE_CLEAR_SIGHAND with CLONE_SIGHAND and clears nothing.",
               DropWhere(kClearSighand | CLONE_SIGHAND, 0, kClearSighand)),
      {"accept_pidfd_with_parent_settid",
       "The legacy clone accepts CLONE_PIDFD with CLONE_PARENT_SETTID, although both use one "
       "argument.",
       kCopyProcess,
       {OnLegacyClone(DropWhere(CLONE_PIDFD | CLONE_PARENT_SETTID, 0, CLONE_PARENT_SETTID))}},
      Clone3Accepted("accept_unknown_flags", "clone3 ignores unknown flags.",
                     [](clone_args& arguments) { arguments.flags &= kKnownFlags; }),
      Clone3Accepted("accept_big_exit_signal",
                     "clone3 uses the low bits of an invalid exit_signal.",
                     [](clone_args& arguments) { arguments.exit_signal &= 0x1f; }),
      Clone3Accepted(
          "accept_exit_signal_of_thread",
          "clone3 ignores an exit_signal that is given with CLONE_THREAD or CLONE_PARENT.",
          [](clone_args& arguments) {
            if ((arguments.flags & (CLONE_THREAD | CLONE_PARENT)) != 0) {
              arguments.exit_signal = 0;
            }
          }),
      Clone3Accepted("accept_stack_without_size", "clone3 ignores a stack with the size 0.",
                     [](clone_args& arguments) {
                       if (arguments.stack_size == 0) arguments.stack = 0;
                     }),
      {"accept_longer_struct",
       "clone3 ignores the unknown part of a longer struct.",
       "clone(2) E2BIG; lib/usercopy.c copy_struct_from_user()",
       {{SYS_clone3,
         {},
         [](Call& call) {
           if (call.Argument(1) > sizeof(clone_args)) call.SetArgument(1, sizeof(clone_args));
         }}}},
  };
}

}  // namespace procmark::fault

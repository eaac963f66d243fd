// SPDX-License-Identifier: MIT
// Kernels whose clone(2) and clone3(2) ignore a flag or a field.
#include <sys/syscall.h>

#include <csignal>

#include "conformance/mutation/faults/clone_call.h"
#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

constexpr uint64_t kIntoCgroup = 1ULL << 33;

Fault Dropped(const char* name, uint64_t flag, uint64_t unless, const char* sentence,
              const char* breaks) {
  return {name, sentence, breaks, OnCloneFlags(Drop(flag, unless))};
}

// Flags that threads depend on still work for threads.
std::vector<Fault> DroppedFlags() {
  return {
      Dropped("clone_files", CLONE_FILES, 0,
              "CLONE_FILES copies the descriptor table instead of sharing it.",
              "clone(2) CLONE_FILES; kernel/fork.c copy_files()"),
      Dropped("clone_fs", CLONE_FS, 0,
              "CLONE_FS copies root, working directory and umask instead of sharing them.",
              "clone(2) CLONE_FS; kernel/fork.c copy_fs()"),
      Dropped("clone_sighand", CLONE_SIGHAND, CLONE_THREAD,
              "CLONE_SIGHAND copies the signal handlers, except for threads.",
              "clone(2) CLONE_SIGHAND; kernel/fork.c copy_sighand()"),
      Dropped("clone_vm", CLONE_VM, CLONE_THREAD | CLONE_SIGHAND,
              "CLONE_VM copies the memory, except for threads and with CLONE_SIGHAND.",
              "clone(2) CLONE_VM; kernel/fork.c copy_mm()"),
      Dropped("clone_parent", CLONE_PARENT, 0, "CLONE_PARENT makes a child instead of a sibling.",
              "clone(2) CLONE_PARENT; kernel/fork.c copy_process()"),
      Dropped("clone_child_settid", CLONE_CHILD_SETTID, CLONE_THREAD,
              "CLONE_CHILD_SETTID writes nothing, except for threads.",
              "clone(2) CLONE_CHILD_SETTID; kernel/sched/core.c schedule_tail()"),
      Dropped("clone_child_cleartid", CLONE_CHILD_CLEARTID, CLONE_THREAD,
              "CLONE_CHILD_CLEARTID clears nothing, except for threads.",
              "clone(2) CLONE_CHILD_CLEARTID; kernel/fork.c mm_release()"),
      Dropped("clone_parent_settid", CLONE_PARENT_SETTID, CLONE_THREAD,
              "CLONE_PARENT_SETTID writes nothing, except for threads.",
              "clone(2) CLONE_PARENT_SETTID; kernel/fork.c kernel_clone()"),
      Dropped("clone_settls", CLONE_SETTLS, CLONE_THREAD,
              "CLONE_SETTLS does not change the thread pointer, except for threads.",
              "clone(2) CLONE_SETTLS; arch/x86/kernel/process.c copy_thread()"),
      Dropped("clone_io", CLONE_IO, 0, "CLONE_IO makes a new I/O context instead of sharing it.",
              "clone(2) CLONE_IO; block/blk-ioc.c __copy_io()"),
      Dropped("clone_sysvsem", CLONE_SYSVSEM, CLONE_THREAD,
              "CLONE_SYSVSEM makes a new list of SEM_UNDO values, except for threads.",
              "clone(2) CLONE_SYSVSEM; ipc/sem.c copy_semundo()"),
      Dropped("clone_clear_sighand", kClearSighand, 0,
              "CLONE_CLEAR_SIGHAND does not reset the handlers.",
              "clone(2) CLONE_CLEAR_SIGHAND; kernel/fork.c copy_sighand()"),
      Dropped("clone_into_cgroup", kIntoCgroup, 0,
              "CLONE_INTO_CGROUP puts the child into its parent's cgroup.",
              "clone(2) CLONE_INTO_CGROUP; kernel/cgroup/cgroup.c cgroup_css_set_fork()"),
      Dropped("clone_newpid", CLONE_NEWPID, 0, "CLONE_NEWPID makes no pid namespace.",
              "clone(2) CLONE_NEWPID; kernel/nsproxy.c copy_namespaces()"),
      Dropped("clone_newuser", CLONE_NEWUSER, 0, "CLONE_NEWUSER makes no user namespace.",
              "clone(2) CLONE_NEWUSER; kernel/cred.c copy_creds()"),
      Dropped("clone_newuts", CLONE_NEWUTS, 0, "CLONE_NEWUTS makes no UTS namespace.",
              "clone(2) CLONE_NEWUTS; kernel/nsproxy.c copy_namespaces()"),
      Dropped("clone_newipc", CLONE_NEWIPC, 0, "CLONE_NEWIPC makes no IPC namespace.",
              "clone(2) CLONE_NEWIPC; kernel/nsproxy.c copy_namespaces()"),
      Dropped("clone_pidfd", CLONE_PIDFD, 0, "CLONE_PIDFD returns no descriptor.",
              "clone(2) CLONE_PIDFD; kernel/fork.c copy_process()"),
  };
}

// Makes vfork(2), and the clone of posix_spawn(3), a plain fork.
Fault VforkIsFork() {
  Fault fault{
      .name = "vfork_is_fork",
      .sentence = "vfork(2) copies the memory and does not wait for the child's exec or exit.",
      .breaks = "vfork(2); kernel/fork.c wait_for_vfork_done()",
      .rules = OnCloneFlags(
          DropWhere(CLONE_VM | CLONE_VFORK, CLONE_THREAD | CLONE_SIGHAND, CLONE_VM | CLONE_VFORK))};
  fault.rules.push_back({SYS_vfork, {}, [](Call& call) { call.SetNumber(SYS_fork); }});
  return fault;
}

Fault ExitSignalIsSigchld() {
  return {"clone_exit_signal",
          "The exit signal of every child is SIGCHLD, whatever clone requests.",
          "clone(2) (The child termination signal); kernel/signal.c do_notify_parent()",
          {OnLegacyClone([](uint64_t& flags) {
             if ((flags & CLONE_THREAD) == 0) flags = (flags & ~uint64_t{CSIGNAL}) | SIGCHLD;
           }),
           OnClone3([](clone_args& arguments) {
             if ((arguments.flags & (CLONE_THREAD | CLONE_PARENT)) == 0) {
               arguments.exit_signal = SIGCHLD;
             }
           })}};
}

Fault SetTidIgnored() {
  return {"clone_set_tid",
          "clone3 ignores set_tid and uses the next free pid.",
          "clone(2) set_tid; kernel/pid.c alloc_pid()",
          {OnClone3([](clone_args& arguments) {
            arguments.set_tid = 0;
            arguments.set_tid_size = 0;
          })}};
}

}  // namespace

std::vector<Fault> CloneFaults() {
  std::vector<Fault> faults = DroppedFlags();
  faults.push_back(VforkIsFork());
  faults.push_back(ExitSignalIsSigchld());
  faults.push_back(SetTidIgnored());
  return faults;
}

}  // namespace procmark::fault

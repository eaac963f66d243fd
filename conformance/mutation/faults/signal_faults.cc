// SPDX-License-Identifier: MIT
// Kernels that lose signals, send them to the wrong task, or ignore how a task wants to handle
// them.
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <csignal>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

constexpr uint32_t kSignBit = 0x80000000;

// The kernel's struct sigaction on amd64 (include/linux/signal_types.h).
struct KernelSigaction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

// Changes the action that a task sets for SIGCHLD. When the call returns, the caller's struct has
// its old content again.
Rule OnSigchldAction(const std::function<void(KernelSigaction&)>& edit) {
  return {SYS_rt_sigaction, {{0, ~0U, SIGCHLD}, {1, ~0U, 0, false}}, [edit](Call& call) {
            const uint64_t address = call.Argument(1);
            const auto before = call.Read<KernelSigaction>(address);
            if (!before) return;
            KernelSigaction after = *before;
            edit(after);
            if (!call.Write(address, after)) return;
            call.AtReturn(
                [before, address](Call& returned) { (void)returned.Write(address, *before); });
          }};
}

Rule WithoutActionFlag(uint64_t flag) {
  return OnSigchldAction([flag](KernelSigaction& action) { action.flags &= ~flag; });
}

void ClearMask(pid_t task) {
  const uint64_t none = 0;
  (void)::ptrace(PTRACE_SETSIGMASK, task, sizeof none, &none);
}

std::vector<Fault> LostSignals() {
  return {
      {"kill_group_lost",
       "kill(-group, signal) returns success and sends nothing.",
       "kill(2); kernel/signal.c __kill_pgrp_info()",
       {Ignored(SYS_kill, {{0, kSignBit, kSignBit}})}},
      {"pidfd_signal_lost",
       "pidfd_send_signal(2) returns success and sends only SIGKILL.",
       "pidfd_send_signal(2); kernel/signal.c",
       {Ignored(SYS_pidfd_send_signal, {{1, ~0U, SIGKILL, false}})}},
      {"kill_is_tkill",
       "kill(2) sends to the leader thread only.",
       "kill(2); kernel/signal.c complete_signal()",
       {{SYS_kill,
         {{0, kSignBit, 0}, {0, ~0U, 0, false}},
         [](Call& call) { call.SetNumber(SYS_tkill); }}}},
      {"tgkill_is_kill",
       "tgkill(2) sends to the whole process.",
       "tgkill(2); kernel/signal.c do_send_specific()",
       {{SYS_tgkill,
         {},
         [](Call& call) {
           call.SetNumber(SYS_kill);
           call.SetArgument(1, call.Argument(2));
         }}}},
      {"tgkill_any_group",
       "tgkill(2) does not check that the thread is in the group.",
       "tgkill(2) ESRCH; kernel/signal.c do_send_specific()",
       {{SYS_tgkill,
         {},
         [](Call& call) {
           call.SetNumber(SYS_tkill);
           call.SetArgument(0, call.Argument(1));
           call.SetArgument(1, call.Argument(2));
         }}}},
      {"alarm_ignored",
       "alarm(2) and setitimer(2) return success and start nothing.",
       "alarm(2); kernel/time/itimer.c",
       {Ignored(SYS_alarm), Ignored(SYS_setitimer)}},
      {"timer_create_ignored",
       "timer_settime(2) returns success and starts nothing.",
       "timer_settime(2); kernel/time/posix-timers.c",
       {Ignored(SYS_timer_settime)}},
  };
}

std::vector<Fault> WrongDispositions() {
  return {
      {"sigchld_never_autoreaps",
       "Children become zombies although SIGCHLD is ignored.",
       "sigaction(2); kernel/signal.c do_notify_parent()",
       {OnSigchldAction([](KernelSigaction& action) {
         if (action.handler == 1) action.handler = 0;
       })}},
      {"sa_nocldwait_ignored",
       "Children become zombies although SA_NOCLDWAIT is set.",
       "sigaction(2) SA_NOCLDWAIT; kernel/signal.c do_notify_parent()",
       {WithoutActionFlag(SA_NOCLDWAIT)}},
      {"sa_nocldstop_ignored",
       "A stop sends SIGCHLD although SA_NOCLDSTOP is set.",
       "sigaction(2) SA_NOCLDSTOP; kernel/signal.c do_notify_parent_cldstop()",
       {WithoutActionFlag(SA_NOCLDSTOP)}},
      {"mask_cleared_at_exec",
       "execve unblocks every signal.",
       "execve(2); signal(7) (the mask is preserved)",
       {{SYS_execve, {}, [](Call& call) { ClearMask(call.Task()); }},
        {SYS_execveat, {}, [](Call& call) { ClearMask(call.Task()); }}}},
      {.name = "mask_cleared_at_fork",
       .sentence = "New processes and threads have no signal blocked.",
       .breaks = "fork(2); signal(7) (the mask is inherited)",
       .rules = {},
       .at_birth = ClearMask},
      {"pdeathsig_ignored",
       "PR_SET_PDEATHSIG returns success and does nothing.",
       "PR_SET_PDEATHSIG(2const); kernel/exit.c reparent_leader()",
       {{SYS_prctl, {{0, ~0U, PR_SET_PDEATHSIG}}, [](Call& call) { call.Answer(0); }}}},
      {"subreaper_ignored",
       "PR_SET_CHILD_SUBREAPER returns success and does nothing.",
       "PR_SET_CHILD_SUBREAPER(2const); kernel/exit.c find_new_reaper()",
       {Ignored(SYS_prctl, {{0, ~0U, PR_SET_CHILD_SUBREAPER}})}},
      {"exit_group_is_exit",
       "exit_group(2) ends the calling thread only.",
       "exit_group(2); kernel/exit.c do_group_exit()",
       {{SYS_exit_group, {}, [](Call& call) { call.SetNumber(SYS_exit); }}}},
      {"exit_is_exit_group",
       "The exit(2) of one thread ends the whole process.",
       "_exit(2) (C library/kernel differences); kernel/exit.c do_exit()",
       {{SYS_exit, {}, [](Call& call) { call.SetNumber(SYS_exit_group); }}}},
  };
}

}  // namespace

std::vector<Fault> SignalFaults() {
  std::vector<Fault> faults = LostSignals();
  for (Fault& fault : WrongDispositions()) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace procmark::fault

// SPDX-License-Identifier: MIT
// Kernels whose wait4(2) and waitid(2) report something wrong.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <functional>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

constexpr uint64_t kWait4Options =
    WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | uint64_t{__WCLONE};
constexpr uint64_t kWaitIdOptions =
    WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WALL | uint64_t{__WCLONE};
constexpr uint64_t kOptionBits = 0xffffffff;

// Changes the raw status that wait4 wrote.
Rule OnStatus(const std::function<int(int)>& edit) {
  return {SYS_wait4, {}, [edit](Call& call) {
            call.AtReturn([edit](Call& returned) {
              if (returned.Result() <= 0) return;
              const auto status = returned.Read<int>(returned.Argument(1));
              if (status) (void)returned.Write(returned.Argument(1), edit(*status));
            });
          }};
}

// Changes what waitid wrote about a child.
Rule OnInfo(const std::function<void(siginfo_t&)>& edit) {
  return {SYS_waitid, {}, [edit](Call& call) {
            call.AtReturn([edit](Call& returned) {
              if (returned.Result() != 0) return;
              auto info = returned.Read<siginfo_t>(returned.Argument(2));
              if (!info || info->si_signo == 0) return;
              edit(*info);
              (void)returned.Write(returned.Argument(2), *info);
            });
          }};
}

std::vector<Rule> WithoutOption(uint64_t option) {
  return {{SYS_wait4, {}, [option](Call& call) { call.ClearBits(2, option); }},
          {SYS_waitid, {}, [option](Call& call) { call.ClearBits(3, option); }}};
}

Rule ZeroUsage(long number, int argument) {
  return {number, {}, [argument](Call& call) {
            call.AtReturn([argument](Call& returned) {
              if (returned.Result() >= 0)
                (void)returned.Write(returned.Argument(argument), rusage{});
            });
          }};
}

std::vector<Fault> WrongReports() {
  return {
      {"status_off_by_one",
       "A wait reports an exit status that is one too large.",
       "wait(2) WEXITSTATUS; kernel/exit.c wait_task_zombie()",
       {OnStatus([](int status) { return WIFEXITED(status) ? (status + 0x100) & 0xffff : status; }),
        OnInfo([](siginfo_t& info) { info.si_status += info.si_code == CLD_EXITED ? 1 : 0; })}},
      {"status_seven_bits",
       "A wait reports only seven bits of the exit status.",
       "exit(3); kernel/exit.c SYSCALL_DEFINE1(exit_group)",
       {OnStatus([](int status) { return WIFEXITED(status) ? status & 0x7fff : status; }),
        OnInfo([](siginfo_t& info) { info.si_status &= 0x7f; })}},
      {"status_core_bit",
       "A wait reports a core dump for every death by signal.",
       "wait(2) WCOREDUMP; kernel/signal.c get_signal()",
       {OnStatus([](int status) { return WIFSIGNALED(status) ? status | 0x80 : status; }),
        OnInfo([](siginfo_t& info) {
          if (info.si_code == CLD_KILLED) info.si_code = CLD_DUMPED;
        })}},
      {"waitid_no_pid",
       "waitid(2) sets si_pid to 0.",
       "waitid(2); kernel/exit.c SYSCALL_DEFINE5(waitid)",
       {OnInfo([](siginfo_t& info) { info.si_pid = 0; })}},
      {"waitid_no_uid",
       "waitid(2) reports the uid 4711 for every child.",
       "waitid(2); kernel/exit.c wait_task_zombie()",
       {OnInfo([](siginfo_t& info) { info.si_uid = 4711; })}},
      {"waitid_always_exited",
       "waitid(2) reports CLD_EXITED for every event.",
       "waitid(2) si_code; kernel/exit.c wait_task_zombie()",
       {OnInfo([](siginfo_t& info) { info.si_code = CLD_EXITED; })}},
      {"wait_no_usage",
       "A wait reports an rusage of zeros.",
       "wait4(2); kernel/exit.c wait_task_zombie()",
       {ZeroUsage(SYS_wait4, 3), ZeroUsage(SYS_waitid, 4)}},
  };
}

std::vector<Fault> WrongOptions() {
  return {
      {"wnowait_reaps", "A wait with WNOWAIT reaps the child.",
       "waitid(2) WNOWAIT; kernel/exit.c wait_task_zombie()", WithoutOption(WNOWAIT)},
      {"wnohang_blocks", "A wait with WNOHANG blocks.", "wait(2) WNOHANG; kernel/exit.c do_wait()",
       WithoutOption(WNOHANG)},
      {"wnohang_sees_nothing",
       "wait4(2) with WNOHANG returns 0 although a child has ended.",
       "wait(2) WNOHANG; kernel/exit.c do_wait()",
       {{SYS_wait4, {{2, WNOHANG, WNOHANG}}, [](Call& call) { call.Answer(0); }}}},
      {"wait_no_stops", "A wait never reports a stop.",
       "wait(2) WUNTRACED; kernel/exit.c wait_task_stopped()", WithoutOption(WUNTRACED)},
      {"wait_no_continues", "A wait never reports a continue.",
       "wait(2) WCONTINUED; kernel/exit.c wait_task_continued()", WithoutOption(WCONTINUED)},
      {"wait_no_wclone", "A wait ignores __WCLONE and reports an ordinary child.",
       "wait(2) __WCLONE; kernel/exit.c eligible_child()", WithoutOption(uint64_t{__WCLONE})},
      {"wait_no_wall",
       "A wait ignores __WALL and does not report a child with another exit signal.",
       "wait(2) __WALL; kernel/exit.c eligible_child()", WithoutOption(__WALL)},
      {"wait_no_wnothread", "A wait ignores __WNOTHREAD and reports the child of another thread.",
       "wait(2) __WNOTHREAD; kernel/exit.c __do_wait()", WithoutOption(__WNOTHREAD)},
      {"wait_options_unchecked",
       "A wait ignores unknown options, and waitid(2) without an event waits for an exit.",
       "wait(2) EINVAL; kernel/exit.c kernel_wait4() kernel_waitid()",
       {{SYS_wait4, {}, [](Call& call) { call.ClearBits(2, kOptionBits & ~kWait4Options); }},
        {SYS_waitid,
         {},
         [](Call& call) {
           call.ClearBits(3, kOptionBits & ~kWaitIdOptions);
           if ((call.Argument(3) & (WEXITED | WSTOPPED | WCONTINUED)) == 0) {
             call.SetArgument(3, call.Argument(3) | WEXITED);
           }
         }}}},
  };
}

std::vector<Fault> WrongChoices() {
  return {
      {"wait_any_group",
       "A wait for a process group reports any child.",
       "wait(2); kernel/exit.c eligible_pid()",
       {{SYS_wait4,
         {},
         [](Call& call) {
           const auto pid = static_cast<int>(call.Argument(0));
           if (pid == 0 || pid < -1) call.SetArgument(0, static_cast<uint64_t>(int64_t{-1}));
         }},
        {SYS_waitid, {{0, ~0U, P_PGID}}, [](Call& call) { call.SetArgument(0, P_ALL); }}}},
      {"wait_any_child",
       "A wait for one child reports any child.",
       "wait(2); kernel/exit.c eligible_pid()",
       {{SYS_wait4,
         {},
         [](Call& call) {
           if (static_cast<int>(call.Argument(0)) > 0) {
             call.SetArgument(0, static_cast<uint64_t>(int64_t{-1}));
           }
         }},
        {SYS_waitid, {{0, ~0U, P_PID}}, [](Call& call) { call.SetArgument(0, P_ALL); }}}},
      {"wait_int_min",
       "wait4(2) with the pid INT_MIN fails with ECHILD instead of ESRCH.",
       "wait(2) ESRCH; kernel/exit.c kernel_wait4()",
       {{SYS_wait4,
         {{0, ~0U, static_cast<uint32_t>(INT_MIN)}},
         [](Call& call) { call.Answer(-ECHILD); }}}},
  };
}

}  // namespace

std::vector<Fault> WaitFaults() {
  std::vector<Fault> faults = WrongReports();
  for (auto* more : {&WrongOptions, &WrongChoices}) {
    for (Fault& fault : more()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace procmark::fault

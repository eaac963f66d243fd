// SPDX-License-Identifier: MIT
// Kernels that return success for a change of scheduling or limits and change nothing.
#include <asm/ioctls.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <string>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

// Offset of sched_flags in struct sched_attr, and SCHED_FLAG_RESET_ON_FORK (sched_setattr(2)).
constexpr uint64_t kSchedFlagsAt = 8;
constexpr uint64_t kAttrResetOnFork = 1;

Rule AttrWithoutReset() {
  return {SYS_sched_setattr, {}, [](Call& call) {
            const uint64_t address = call.Argument(1) + kSchedFlagsAt;
            const auto before = call.Read<uint64_t>(address);
            if (!before || !call.Write(address, *before & ~kAttrResetOnFork)) return;
            call.AtReturn(
                [address, before](Call& returned) { (void)returned.Write(address, *before); });
          }};
}

// The text at `address`, at most to the end of its page. The paths of the tests do not cross a
// page.
std::string TextIn(const Call& call, uint64_t address) {
  constexpr uint64_t kPage = 4096;
  std::string text(std::min<uint64_t>(256, kPage - address % kPage), '\0');
  if (!call.ReadMemory(address, text.data(), text.size())) return {};
  return text.substr(0, text.find('\0'));
}

// Makes an open for writing of a file whose path ends with `end_of_path` open /dev/null.
Rule LostWrites(const std::string& end_of_path) {
  return {SYS_openat, {{2, O_ACCMODE, O_WRONLY}}, [end_of_path](Call& call) {
            static constexpr char kNowhere[] = "/dev/null";
            const uint64_t address = call.Argument(1);
            const std::string path = TextIn(call, address);
            if (!path.ends_with(end_of_path) || path.size() < sizeof kNowhere) return;
            if (!call.WriteMemory(address, kNowhere, sizeof kNowhere)) return;
            call.AtReturn([path, address](Call& returned) {
              (void)returned.WriteMemory(address, path.data(), sizeof kNowhere);
            });
          }};
}

std::vector<Fault> SchedulingAndLimits() {
  return {
      {"setpriority_ignored",
       "setpriority(2) returns success and changes nothing.",
       "setpriority(2); kernel/sys.c",
       {Ignored(SYS_setpriority)}},
      {"sched_policy_ignored",
       "sched_setscheduler(2), sched_setparam(2) and sched_setattr(2) return success and change "
       "nothing.",
       "sched(7); kernel/sched/core.c",
       {Ignored(SYS_sched_setscheduler), Ignored(SYS_sched_setparam), Ignored(SYS_sched_setattr)}},
      {"reset_on_fork_ignored",
       "SCHED_RESET_ON_FORK is ignored: children inherit the policy.",
       "sched(7) (The reset-on-fork flag); kernel/sched/core.c sched_fork()",
       {{SYS_sched_setscheduler, {}, [](Call& call) { call.ClearBits(1, SCHED_RESET_ON_FORK); }},
        AttrWithoutReset()}},
      {"affinity_ignored",
       "sched_setaffinity(2) returns success and changes nothing.",
       "sched_setaffinity(2); kernel/sched/core.c",
       {Ignored(SYS_sched_setaffinity)}},
      {"ioprio_ignored",
       "ioprio_set(2) returns success and changes nothing.",
       "ioprio_set(2); block/ioprio.c",
       {Ignored(SYS_ioprio_set)}},
      {"rlimit_ignored",
       "setrlimit(2) and prlimit(2) return success and change no limit.",
       "getrlimit(2); kernel/sys.c do_prlimit()",
       {Ignored(SYS_prlimit64, {{2, ~0U, 0, false}}), Ignored(SYS_setrlimit)}},
      {"rlimit_cpu_ignored",
       "Setting RLIMIT_CPU returns success and limits nothing.",
       "getrlimit(2) RLIMIT_CPU; kernel/time/posix-cpu-timers.c",
       {Ignored(SYS_prlimit64, {{1, ~0U, RLIMIT_CPU}, {2, ~0U, 0, false}}),
        Ignored(SYS_setrlimit, {{0, ~0U, RLIMIT_CPU}})}},
  };
}

std::vector<Fault> OtherSettings() {
  return {
      {"last_pid_ignored",
       "Writing ns_last_pid changes nothing.",
       "pid_namespaces(7) /proc/sys/kernel/ns_last_pid",
       {LostWrites("/ns_last_pid")}},
      {"freeze_ignored",
       "Writing cgroup.freeze freezes nothing.",
       "Documentation/admin-guide/cgroup-v2.rst cgroup.freeze",
       {LostWrites("/cgroup.freeze")}},
      {"namespace_limit_ignored",
       "Writing max_uts_namespaces limits nothing.",
       "namespaces(7) (The /proc/sys/user directory)",
       {LostWrites("/max_uts_namespaces")}},
      {"terminal_not_given",
       "TIOCSCTTY returns success and makes no controlling terminal.",
       "TIOCSCTTY(2const); drivers/tty/tty_jobctrl.c",
       {Ignored(SYS_ioctl, {{1, ~0U, TIOCSCTTY}})}},
      {"account_ignored",
       "acct(2) returns success and records nothing.",
       "acct(2); kernel/acct.c",
       {Ignored(SYS_acct)}},
      {"securebits_ignored",
       "PR_SET_SECUREBITS returns success and sets nothing.",
       "PR_SET_SECUREBITS(2const)",
       {Ignored(SYS_prctl, {{0, ~0U, PR_SET_SECUREBITS}})}},
      {"timerslack_ignored",
       "PR_SET_TIMERSLACK returns success and does nothing.",
       "PR_SET_TIMERSLACK(2const)",
       {Ignored(SYS_prctl, {{0, ~0U, PR_SET_TIMERSLACK}})}},
      {"thp_disable_ignored",
       "PR_SET_THP_DISABLE returns success and does nothing.",
       "PR_SET_THP_DISABLE(2const)",
       {Ignored(SYS_prctl, {{0, ~0U, PR_SET_THP_DISABLE}})}},
      {"rseq_ignored",
       "rseq(2) returns success and registers nothing.",
       "rseq(2); kernel/rseq.c",
       {Ignored(SYS_rseq)}},
  };
}

}  // namespace

std::vector<Fault> SettingFaults() {
  std::vector<Fault> faults = SchedulingAndLimits();
  for (Fault& fault : OtherSettings()) faults.push_back(std::move(fault));
  return faults;
}

}  // namespace procmark::fault

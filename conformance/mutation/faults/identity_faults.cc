// SPDX-License-Identifier: MIT
// Kernels that are wrong about the identity of a task: its pid, parent, groups, credentials and
// namespaces.
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <map>
#include <memory>

#include "conformance/mutation/faults/fault.h"

namespace procmark::fault {
namespace {

// Returns the first result of getppid(2) to a task for ever.
Rule StaleParent() {
  const auto first = std::make_shared<std::map<pid_t, int64_t>>();
  return {SYS_getppid, {}, [first](Call& call) {
            call.AtReturn([first](Call& returned) {
              const auto [entry, is_new] = first->try_emplace(returned.Task(), returned.Result());
              if (!is_new) returned.SetResult(entry->second);
            });
          }};
}

Rule IgnoredPrctl(uint32_t option) { return Ignored(SYS_prctl, {{0, ~0U, option}}); }

std::vector<Fault> WrongNumbers() {
  return {
      {"getppid_stale",
       "getppid(2) still returns the pid of a parent that has ended.",
       "getppid(2); kernel/exit.c forget_original_parent()",
       {StaleParent()}},
      {"gettid_is_getpid",
       "gettid(2) returns the pid of the process.",
       "gettid(2); kernel/sys.c",
       {{SYS_gettid, {}, [](Call& call) { call.SetNumber(SYS_getpid); }}}},
      {"setpgid_ignored",
       "setpgid(2) returns success and does nothing.",
       "setpgid(2); kernel/sys.c SYSCALL_DEFINE2(setpgid)",
       {{SYS_setpgid, {}, [](Call& call) { call.Answer(0); }}}},
      {"setsid_ignored",
       "setsid(2) returns a pid and makes no session.",
       "setsid(2); kernel/sys.c ksys_setsid()",
       {{SYS_setsid, {}, [](Call& call) { call.SetNumber(SYS_getpid); }}}},
      {"pidfd_open_flags_unchecked",
       "pidfd_open(2) ignores its flags.",
       "pidfd_open(2) EINVAL, PIDFD_NONBLOCK; kernel/pid.c",
       {{SYS_pidfd_open, {}, [](Call& call) { call.SetArgument(1, 0); }}}},
      {"pidfd_send_signal_flags_unchecked",
       "pidfd_send_signal(2) ignores its flags.",
       "pidfd_send_signal(2) EINVAL; kernel/signal.c",
       {{SYS_pidfd_send_signal, {}, [](Call& call) { call.SetArgument(3, 0); }}}},
  };
}

std::vector<Fault> WrongCredentials() {
  return {
      {"setuid_ignored",
       "setuid(2), setreuid(2) and setresuid(2) return success and change nothing.",
       "credentials(7); kernel/sys.c",
       {Ignored(SYS_setuid), Ignored(SYS_setreuid), Ignored(SYS_setresuid)}},
      {"capset_ignored",
       "capset(2) returns success and changes nothing.",
       "capabilities(7); kernel/capability.c",
       {Ignored(SYS_capset)}},
      {"no_new_privs_ignored",
       "PR_SET_NO_NEW_PRIVS returns success and does nothing.",
       "PR_SET_NO_NEW_PRIVS(2const)",
       {IgnoredPrctl(PR_SET_NO_NEW_PRIVS)}},
      {"dumpable_ignored",
       "PR_SET_DUMPABLE returns success and does nothing.",
       "PR_SET_DUMPABLE(2const)",
       {IgnoredPrctl(PR_SET_DUMPABLE)}},
      {"keepcaps_ignored",
       "PR_SET_KEEPCAPS and PR_SET_SECUREBITS return success and do nothing.",
       "capabilities(7) (The securebits flags); security/commoncap.c cap_task_prctl()",
       {IgnoredPrctl(PR_SET_KEEPCAPS), IgnoredPrctl(PR_SET_SECUREBITS)}},
      {"seccomp_ignored",
       "seccomp(2) returns success and filters nothing.",
       "seccomp(2); kernel/seccomp.c",
       {Ignored(SYS_seccomp), IgnoredPrctl(PR_SET_SECCOMP)}},
      {"prctl_name_ignored",
       "PR_SET_NAME returns success and does nothing.",
       "PR_SET_NAME(2const); fs/exec.c __set_task_comm()",
       {IgnoredPrctl(PR_SET_NAME)}},
      {"personality_ignored",
       "personality(2) changes nothing.",
       "personality(2); kernel/exec_domain.c",
       {Ignored(SYS_personality, {{0, ~0U, ~0U, false}})}},
  };
}

std::vector<Fault> WrongPlaces() {
  return {
      {"unshare_ignored",
       "unshare(2) returns success and unshares nothing.",
       "unshare(2); kernel/fork.c ksys_unshare()",
       {Ignored(SYS_unshare)}},
      {"setns_ignored",
       "setns(2) returns success and enters nothing.",
       "setns(2); kernel/nsproxy.c",
       {Ignored(SYS_setns)}},
      {"chdir_ignored",
       "chdir(2) and fchdir(2) return success and do nothing.",
       "chdir(2); fs/open.c",
       {{SYS_chdir, {}, [](Call& call) { call.Answer(0); }},
        {SYS_fchdir, {}, [](Call& call) { call.Answer(0); }}}},
      {"chroot_ignored",
       "chroot(2) returns success and changes nothing.",
       "chroot(2); fs/open.c",
       {Ignored(SYS_chroot)}},
      {"umask_ignored",
       "umask(2) changes nothing.",
       "umask(2); kernel/sys.c",
       {Ignored(SYS_umask)}},
  };
}

}  // namespace

std::vector<Fault> IdentityFaults() {
  std::vector<Fault> faults = WrongNumbers();
  for (auto* more : {&WrongCredentials, &WrongPlaces}) {
    for (Fault& fault : more()) faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace procmark::fault

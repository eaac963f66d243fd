// SPDX-License-Identifier: MIT
// What a child inherits from the process that forked it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/scheduling.h"
#include "conformance/vocabulary/signals.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

PROMISE(ForkInherited, FolderAndUmask,
        {
            .says = "fork copies the working directory and the umask, and the child's changes do "
                    "not reach the parent.",
            .item = "26",
            .authority = "fork(2); kernel/fork.c copy_fs()",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::chdir("/proc"));
  (void)::umask(0123);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    char folder[PATH_MAX] = "";
    CHILD_EXPECT_TRUE(checks,
                      ::getcwd(folder, sizeof folder) != nullptr && std::string(folder) == "/proc");
    CHILD_EXPECT_EQ(checks, ::umask(0777), 0123);
    return ::chdir("/");
  });
  ASSERT_EQ(child.Reap(), 0);
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, "/proc");
  EXPECT_EQ(::umask(0), 0123U);
}

PROMISE(ForkInherited, SignalActionsAndMask,
        {
            .says = "fork copies the signal mask and the signal handlers, and the child's changes "
                    "do not reach the parent.",
            .item = "27",
            .authority = "fork(2); kernel/fork.c copy_sighand()",
        }) {
  const sigset_t blocked = SetOf({SIGUSR2});
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_BLOCK, &blocked, nullptr));
  ASSERT_NE(::signal(SIGUSR1, DoNothing), SIG_ERR);
  ASSERT_NE(::signal(SIGHUP, SIG_IGN), SIG_ERR);
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    struct sigaction action {};
    (void)::sigaction(SIGUSR1, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == DoNothing);
    (void)::sigaction(SIGHUP, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_IGN);
    (void)::sigaction(SIGTERM, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_DFL);
    sigset_t mask;
    (void)::sigprocmask(SIG_SETMASK, nullptr, &mask);
    CHILD_EXPECT_EQ(checks, ::sigismember(&mask, SIGUSR2), 1);
    CHILD_EXPECT_EQ(checks, ::sigismember(&mask, SIGUSR1), 0);
    (void)::signal(SIGUSR1, SIG_DFL);
    ::sigemptyset(&mask);
    (void)::sigprocmask(SIG_SETMASK, &mask, nullptr);
  });
  ASSERT_EQ(child.Reap(), 0);
  struct sigaction action {};
  ASSERT_SYSCALL_SUCCEEDS(::sigaction(SIGUSR1, nullptr, &action));
  EXPECT_EQ(action.sa_handler, DoNothing);
  sigset_t mask;
  ASSERT_SYSCALL_SUCCEEDS(::sigprocmask(SIG_SETMASK, nullptr, &mask));
  EXPECT_EQ(::sigismember(&mask, SIGUSR2), 1);
}

PROMISE(ForkInherited, SignalStack,
        {
            .says = "fork copies the alternate signal stack.",
            .item = "47",
            .authority = "sigaltstack(2); kernel/fork.c copy_process()",
        }) {
  static char memory[65536];
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
  ASSERT_SYSCALL_SUCCEEDS(::sigaltstack(&stack, nullptr));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    stack_t seen{};
    (void)::sigaltstack(nullptr, &seen);
    CHILD_EXPECT_TRUE(checks, seen.ss_sp == memory);
    CHILD_EXPECT_EQ(checks, seen.ss_size, sizeof memory);
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(ForkInherited, SignalStackUnlessMemoryIsShared,
        {
            .says = "A child that shares memory has no alternate signal stack, unless its parent "
                    "waits for it (CLONE_VFORK).",
            .item = "47",
            .authority = "sigaltstack(2); kernel/fork.c copy_process() sas_ss_reset()",
        }) {
  static char memory[65536];
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
  ASSERT_SYSCALL_SUCCEEDS(::sigaltstack(&stack, nullptr));
  static stack_t seen;
  const auto look = [] { return ::sigaltstack(nullptr, &seen) == 0 ? 0 : 1; };
  EXPECT_EQ(CloneSharingMemory(SIGCHLD, look).Reap(), 0);
  EXPECT_EQ(seen.ss_flags, SS_DISABLE);
  EXPECT_EQ(CloneSharingMemory(SIGCHLD | CLONE_VFORK, look).Reap(), 0);
  EXPECT_EQ(seen.ss_flags, 0);
  EXPECT_EQ(seen.ss_sp, memory);
}

PROMISE(ForkInherited, ProcessAttributes,
        {
            .says = "fork copies no_new_privs, name, dumpable and timer slack, and the child's "
                    "default slack is its parent's current one.",
            .item = "37",
            .authority = "PR_SET_NO_NEW_PRIVS(2const), PR_SET_NAME(2const), "
                         "PR_SET_TIMERSLACK(2const)",
        }) {
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_NAME, "renamed"));
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_TIMERSLACK, 123456UL));
  ASSERT_SYSCALL_SUCCEEDS(::prctl(PR_SET_DUMPABLE, 0));
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    char name[16] = "";
    (void)::prctl(PR_GET_NAME, name);
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    CHILD_EXPECT_TRUE(checks, std::string(name) == "renamed");
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_TIMERSLACK), 123456);
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_DUMPABLE), 0);
    (void)::prctl(PR_SET_TIMERSLACK, 999UL);
    (void)::prctl(PR_SET_TIMERSLACK, 0UL);  // back to the default
    CHILD_EXPECT_EQ(checks, ::prctl(PR_GET_TIMERSLACK), 123456);
  });
  ASSERT_EQ(child.Reap(), 0);
}

PROMISE(ForkInherited, LimitsSessionAndPersonality,
        {
            .says = "fork copies resource limits, session, process group, nice value and "
                    "personality.",
            .item = "44 45 46 56",
            .authority = "fork(2), getrlimit(2), personality(2)",
        }) {
  SKIP_IF_NICER_THAN(3);
  rlimit limit{};
  ASSERT_SYSCALL_SUCCEEDS(::getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = 33;
  ASSERT_SYSCALL_SUCCEEDS(::setrlimit(RLIMIT_NOFILE, &limit));
  ASSERT_SYSCALL_SUCCEEDS(::setpriority(PRIO_PROCESS, 0, 3));
  const int before = ::personality(0xffffffff);
  ASSERT_NE(::personality(static_cast<unsigned long>(before | ADDR_NO_RANDOMIZE)), -1);
  const pid_t session = ::getsid(0);
  const pid_t group = ::getpgrp();
  const ChildChecks checks(5);
  ScopedChild child = Fork([&] {
    rlimit copied{};
    (void)::getrlimit(RLIMIT_NOFILE, &copied);
    CHILD_EXPECT_EQ(checks, copied.rlim_cur, 33);
    CHILD_EXPECT_EQ(checks, ::getsid(0), session);
    CHILD_EXPECT_EQ(checks, ::getpgrp(), group);
    CHILD_EXPECT_EQ(checks, ::getpriority(PRIO_PROCESS, 0), 3);
    CHILD_EXPECT_EQ(checks, ::personality(0xffffffff), before | ADDR_NO_RANDOMIZE);
  });
  ASSERT_EQ(child.Reap(), 0);
}

std::string OwnOomScoreAdj() {
  const sys::Result<std::string> text = sys::ReadSmallFile("/proc/self/oom_score_adj");
  return text ? text.Value() : "unreadable";
}

bool SetOwnOomScoreAdj(const char* value) {
  const sys::Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  return file.Valid() && sys::WriteAll(file.Get(), value, std::string(value).size()).Ok();
}

PROMISE(ForkInherited, OomScore,
        {
            .says = "fork copies oom_score_adj, and the child's change does not reach the parent.",
            .item = "43",
            .authority = "proc_pid_oom_score_adj(5); kernel/fork.c copy_signal()",
        }) {
  ASSERT_TRUE(SetOwnOomScoreAdj("654"));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, OwnOomScoreAdj() == "654\n");
    CHILD_EXPECT_TRUE(checks, SetOwnOomScoreAdj("765"));
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(OwnOomScoreAdj(), "654\n");
}

PROMISE(ForkInherited, MemoryPolicy,
        {
            .says = "fork copies the NUMA memory policy.",
            .item = "56",
            .authority = "set_mempolicy(2)",
        }) {
  constexpr int kBind = 2;  // MPOL_BIND
  const unsigned long nodes = 1;
  if (::syscall(SYS_set_mempolicy, kBind, &nodes, 64UL) != 0) {
    GTEST_SKIP() << "set_mempolicy does not work here: " << ErrnoText(errno);
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    int mode = -1;
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks,
                                  ::syscall(SYS_get_mempolicy, &mode, nullptr, 0UL, nullptr, 0UL));
    CHILD_EXPECT_EQ(checks, mode, kBind);
  });
  EXPECT_EQ(child.Reap(), 0);
}

constexpr int kSetMerge = 67;
constexpr int kGetMerge = 68;
HELPER(ReportMerging) { return ::prctl(kGetMerge, 0, 0, 0, 0); }

PROMISE(ForkInherited, MemoryMerge,
        {
            .says = "fork copies PR_SET_MEMORY_MERGE (KSM for the whole process), and execve keeps "
                    "it.",
            .item = "58",
            .authority = "PR_SET_MEMORY_MERGE(2const); kernel/fork.c mm_init() (MMF_INIT_MASK)",
            .since = "6.4",
        }) {
  if (::prctl(kSetMerge, 1, 0, 0, 0) != 0) {
    GTEST_SKIP() << "PR_SET_MEMORY_MERGE does not work here: " << ErrnoText(errno);
  }
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, ::prctl(kGetMerge, 0, 0, 0, 0), 1); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Fork([] { return ExecHelper("ReportMerging", {}); }).Reap(), 1 << 8);
  ASSERT_SYSCALL_SUCCEEDS(::prctl(kSetMerge, 0, 0, 0, 0));
  EXPECT_EQ(Fork([] { return ExecHelper("ReportMerging", {}); }).Reap(), 0) << "the control";
}

// The first version of the kernel's struct rseq; its address must be a multiple of its size.
struct alignas(32) RseqArea {
  char bytes[32] = {};
};

// The errno of a registration: 0 means that there was none before, EINVAL that there is another
// one.
int RegisterRseq(RseqArea* area) {
  constexpr unsigned kSignature = 0x53053053;
  return ::syscall(SYS_rseq, area, sizeof *area, 0, kSignature) == 0 ? 0 : errno;
}

PROMISE(ForkInherited, RseqAreaUnlessMemoryIsShared,
        {
            .says = "A child by fork has its parent's registration of rseq(2), and a child that "
                    "shares the memory has none.",
            .item = "37",
            .authority = "include/linux/sched.h rseq_fork(); kernel/rseq.c",
            .since = "5.5",
            .kind = Kind::kLinux,
        }) {
  static RseqArea areas[3];
  if (RegisterRseq(&areas[0]) == ENOSYS) GTEST_SKIP() << "this kernel has no rseq(2)";
  ASSERT_ERRNO(RegisterRseq(&areas[1]), EINVAL) << "the C library or this test has registered one";
  ScopedChild copy = Fork([] { return RegisterRseq(&areas[1]); });
  EXPECT_ERRNO(copy.Reap() >> 8, EINVAL);
  ScopedChild sharer = CloneSharingMemory(SIGCHLD, [] { return RegisterRseq(&areas[2]); });
  EXPECT_EQ(sharer.Reap(), 0);
}

// The name and the target of each link in /proc/PID/ns.
std::map<std::string, std::string> NamespacesOf(pid_t pid) {
  std::map<std::string, std::string> spaces;
  const std::string folder = ProcPath(pid, "ns");
  for (const std::string& name : NamesIn(folder).value_or(std::vector<std::string>{})) {
    char target[64] = "";
    (void)::readlink((folder + "/" + name).c_str(), target, sizeof target - 1);
    spaces[name] = target;
  }
  return spaces;
}

PROMISE(ForkInherited, EveryNamespace,
        {
            .says = "A forked child is in every namespace of its parent, and one cloned with "
                    "CLONE_NEWUTS is in all except that one.",
            .item = "364 56",
            .authority = "namespaces(7)",
        }) {
  const std::map<std::string, std::string> own = NamespacesOf(::getpid());
  EXPECT_GE(own.size(), 7U);
  const Handshake end;
  ScopedChild copy = ForkUntil(end);
  EXPECT_EQ(NamespacesOf(copy.Number()), own);
  const CloneArguments arguments{.flags = CLONE_NEWUTS, .exit_signal = SIGCHLD};
  const pid_t pid = RawClone3(arguments);
  if (pid == 0) ::_exit(end.Await() ? 0 : 1);
  if (pid > 0) {
    std::map<std::string, std::string> other = NamespacesOf(pid);
    EXPECT_NE(other["uts"], own.at("uts"));
    other["uts"] = own.at("uts");
    EXPECT_EQ(other, own);
    end.Notify();
  } else {
    EXPECT_ERRNO(errno, EPERM);
  }
  end.Notify();
  if (pid > 0) EXPECT_EQ(Wait4(pid, 0).status, 0);
  EXPECT_EQ(copy.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance

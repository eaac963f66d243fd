// What clone3(2) reads from its struct beside the flags: sizes, pointers, signals, stacks, chosen
// pids, a cgroup; and the flags that only its newest versions know.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <vector>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

CloneArguments Plain() {
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  return arguments;
}

// Two pages, the second of which cannot be touched: a struct may end exactly at its border.
class BorderPage {
 public:
  BorderPage()
      : page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))),
        memory_(static_cast<char*>(::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (memory_ == MAP_FAILED || ::mprotect(memory_ + page_, page_, PROT_NONE) != 0) {
      ThrowErrno("mmap", errno);
    }
  }
  ~BorderPage() { ::munmap(memory_, 2 * page_); }
  BorderPage(const BorderPage&) = delete;
  BorderPage& operator=(const BorderPage&) = delete;
  size_t PageBytes() const { return page_; }
  // clone3 of the `size` bytes before the border, zero but for the arguments at their start and
  // `last` as the last byte. `beyond` more bytes are claimed than there are.
  int Error(const CloneArguments& arguments, size_t size, char last, size_t beyond) const {
    char* const start = memory_ + page_ - size;
    std::memset(start, 0, size);
    std::memcpy(start, &arguments, std::min(size, sizeof arguments));
    if (last != 0) start[size - 1] = last;
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, start, size + beyond));
    if (pid == 0) ::_exit(0);
    const int error = pid < 0 ? errno : 0;
    if (pid > 0) (void)Wait4(pid, __WALL);
    return error;
  }

 private:
  size_t page_;
  char* memory_;
};

PROMISE(CloneRule, EverySizeFromTheFirstOnIsTaken,
        {.says = "clone3 takes a struct of any size from 64 bytes on, and reads no byte beyond it.",
         .item = "123",
         .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
         .since = "5.5"}) {
  const BorderPage memory;
  for (size_t size = 64; size <= 88; ++size) {
    EXPECT_EQ(memory.Error(Plain(), size, 0, 0), 0) << "size " << size;
  }
  for (size_t size = 0; size < 64; ++size) {
    EXPECT_EQ(memory.Error(Plain(), size, 0, 0), EINVAL) << "size " << size;
  }
}

PROMISE(CloneRule, OnePageIsTheLargestStruct,
        {.says = "clone3 takes a struct of one page whose tail is zero, refuses a non-zero last "
                 "byte with E2BIG, and one byte more than a page with E2BIG.",
         .item = "124",
         .authority = "clone3(2); lib/usercopy.c, kernel/fork.c copy_clone_args_from_user()",
         .since = "5.4"}) {
  const BorderPage memory;
  const size_t page = memory.PageBytes();
  EXPECT_EQ(memory.Error(Plain(), page, 0, 0), 0);
  EXPECT_EQ(memory.Error(Plain(), page, 1, 0), E2BIG);
  EXPECT_EQ(memory.Error(Plain(), page, 0, 1), E2BIG);
  EXPECT_EQ(memory.Error(Plain(), page, 0, static_cast<size_t>(INT_MAX)), E2BIG);
}

PROMISE(CloneRule, StructThatIsNotThereIsEfault,
        {.says = "clone3 is EFAULT when its struct, or only the tail of it, is not mapped.",
         .item = "125",
         .authority = "clone3(2); lib/usercopy.c",
         .since = "5.3"}) {
  const BorderPage memory;
  EXPECT_EQ(memory.Error(Plain(), 80, 0, 8), EFAULT);
  EXPECT_EQ(memory.Error(Plain(), 88, 0, 8), EFAULT) << "a tail that cannot be seen to be zero";
  EXPECT_EQ(memory.Error(Plain(), 88, 0, 0), 0) << "the decoy";
}

PROMISE(CloneRule, EachLegalExitSignalIsKept,
        {.says = "clone3 keeps each exit signal from 0 to 64 as it is given.",
         .item = "129",
         .authority = "clone3(2); proc_pid_stat(5) exit_signal",
         .since = "5.3"}) {
  const uint64_t all = ~uint64_t{0};  // libc keeps 32 and 33 out of its own sets
  ASSERT_EQ(::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all), 0);
  for (int signal = 0; signal <= 64; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;  // would end or stop this test
    CloneArguments arguments;
    arguments.exit_signal = static_cast<uint64_t>(signal);
    ScopedChild child = Clone(arguments, [] { return 0; });
    (void)child.AwaitZombie();
    EXPECT_EQ(Stat(child.Number()).ExitSignal(), signal);
    EXPECT_EQ(child.Reap(), 0);
  }
}

PROMISE(CloneRule, LegacyThreadAndSiblingIgnoreTheSignal,
        {.says = "clone takes an exit signal together with CLONE_THREAD or CLONE_PARENT, where "
                 "clone3 refuses it; a sibling's exit signal is its caller's.",
         .item = "130 107",
         .authority = "clone(2) CLONE_PARENT, CLONE_THREAD; kernel/fork.c copy_process()"}) {
  const int thread = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  EXPECT_EQ(LegacyCloneError(thread | SIGUSR1), 0);
  EXPECT_EQ(Clone3FlagsError(static_cast<uint64_t>(thread), SIGUSR1), EINVAL);
  const Shared<std::atomic<pid_t>> sibling;
  CloneArguments own;
  own.exit_signal = SIGUSR2;
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  ScopedChild caller = Clone(own, [&] {
    if (Clone3FlagsError(CLONE_PARENT, SIGUSR1) != EINVAL) return 1;
    alignas(64) static char stack[65536];
    sibling->store(
        ::clone([](void*) { return 25; }, stack + sizeof stack, CLONE_PARENT | SIGUSR1, nullptr));
    return sibling->load() > 0 ? 0 : 2;
  });
  EXPECT_EQ(caller.Reap(), 0);
  ASSERT_GT(sibling->load(), 0);
  const WaitedId end = WaitId(P_PID, sibling->load(), WEXITED | WNOWAIT | __WALL);
  EXPECT_EQ(end.info.si_status, 25);
  EXPECT_EQ(Stat(sibling->load()).ExitSignal(), SIGUSR2);
  EXPECT_EQ(Wait4(sibling->load(), __WALL).pid, sibling->load());
}

PROMISE(CloneRule, StackOutsideOfUserMemoryIsEinval,
        {.says = "clone3 refuses a stack that leaves user memory or wraps around with EINVAL.",
         .item = "131",
         .authority = "clone3(2); kernel/fork.c clone3_stack_valid() access_ok()",
         .since = "5.3.11"}) {
#if defined(__s390x__)
  GTEST_SKIP() << "user and kernel have whole address spaces of their own on s390x";
#endif
  const uint64_t top = ~uint64_t{0} & ~uint64_t{0xfff};
  for (const uint64_t stack : {top, top - 0x10000}) {
    CloneArguments arguments = Plain();
    arguments.stack = stack;
    arguments.stack_size = 0x20000;
    EXPECT_EQ(Clone3Error(arguments), EINVAL) << stack;
  }
}

PROMISE(CloneRule, UnreadableSetTidIsEfault,
        {.says = "clone3 is EFAULT when the array of chosen pids is not mapped, and makes nothing.",
         .item = "132",
         .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
         .since = "5.5"}) {
  CloneArguments arguments = Plain();
  arguments.set_tid = 8;
  arguments.set_tid_size = 1;
  EXPECT_EQ(Clone3Error(arguments), EFAULT);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
}

PROMISE(CloneRule, SetTidNeedsPrivilege,
        {.says = "clone3 with a chosen pid is EPERM without CAP_SYS_ADMIN or "
                 "CAP_CHECKPOINT_RESTORE.",
         .item = "309",
         .authority = "clone3(2) ERRORS; kernel/pid.c alloc_pid()",
         .since = "5.5"}) {
  const ChildChecks checks(2);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    pid_t wanted = 30'000;
    CloneArguments arguments = Plain();
    arguments.set_tid = reinterpret_cast<uint64_t>(&wanted);
    arguments.set_tid_size = 1;
    CHILD_EXPECT_EQ(checks, EPERM, Clone3Error(arguments));
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneRule, IntoCgroupNeedsItsField,
        {.says = "CLONE_INTO_CGROUP is EINVAL with a struct too short for the descriptor, and with "
                 "a descriptor above INT_MAX.",
         .item = "133",
         .authority = "clone3(2) ERRORS; kernel/fork.c copy_clone_args_from_user()",
         .since = "5.7"}) {
  CloneArguments arguments = Plain();
  arguments.flags = kCloneIntoCgroup;
  EXPECT_EQ(Clone3Error(arguments, 64), EINVAL);
  EXPECT_EQ(Clone3Error(arguments, 80), EINVAL);
  arguments.cgroup = uint64_t{INT_MAX} + 1;
  EXPECT_EQ(Clone3Error(arguments), EINVAL);
}

PROMISE(CloneRule, IntoCgroupNeedsACgroup,
        {.says = "CLONE_INTO_CGROUP is EBADF with a closed descriptor and with one that is no "
                 "cgroup, and leaves no child.",
         .item = "133",
         .authority = "clone3(2) ERRORS; kernel/cgroup/cgroup.c cgroup_css_set_fork()",
         .since = "5.7"}) {
  CloneArguments arguments = Plain();
  arguments.flags = kCloneIntoCgroup;
  arguments.cgroup = 999;
  const int closed = Clone3Error(arguments);
  if (closed == EOPNOTSUPP || closed == ENODEV) GTEST_SKIP() << "no cgroups in this kernel";
  EXPECT_EQ(closed, EBADF);
  const sys::Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(folder.Valid());
  arguments.cgroup = static_cast<uint64_t>(folder.Get());
  EXPECT_EQ(Clone3Error(arguments), EBADF);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
}

PROMISE(CloneRule, LegacyPidfdNeedsAWritableWord,
        {.says = "clone with CLONE_PIDFD and an unwritable pointer is EFAULT, leaves no child and "
                 "no descriptor.",
         .item = "134",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
         .since = "5.2"}) {
  const sys::Fd before(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(LegacyCloneError(CLONE_PIDFD | SIGCHLD, reinterpret_cast<int*>(8)), EFAULT);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
  const sys::Fd after(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(after.Get(), before.Get() + 1) << "the next free number has not moved";
}

PROMISE(CloneRule, UnwritableTidWordsAreIgnored,
        {.says = "CLONE_PARENT_SETTID and CLONE_CHILD_SETTID with pointers to nowhere are no "
                 "error: there is a child all the same.",
         .item = "134 108",
         .authority = "kernel/fork.c kernel_clone(), kernel/sched/core.c schedule_tail() "
                      "(put_user, its result ignored)",
         .kind = Kind::kLinux}) {
  for (const uint64_t flag : {uint64_t{CLONE_PARENT_SETTID}, uint64_t{CLONE_CHILD_SETTID}}) {
    CloneArguments arguments = Plain();
    arguments.flags = flag;
    arguments.parent_tid = 8;
    arguments.child_tid = 8;
    ScopedChild child = Clone(arguments, [] { return 26; });
    EXPECT_EQ(child.Reap(), 26 << 8);
  }
}

// Whether this kernel knows the flags of 7.1.
bool HasAutoReap() { return Clone3FlagsError(kCloneAutoreap, 0) == 0; }

PROMISE(CloneRule, NewestFlagsComeTogether,
        {.says = "CLONE_AUTOREAP, CLONE_NNP and CLONE_PIDFD_AUTOKILL are all EINVAL (up to 6.18) "
                 "or all taken (7.1 on).",
         .item = "137",
         .authority = "kernel/fork.c clone3_args_valid()",
         .kind = Kind::kVersion}) {
  const int expected = HasAutoReap() ? 0 : EINVAL;
  EXPECT_EQ(Clone3FlagsError(kCloneNnp, SIGCHLD), expected);
  int pidfd = -1;
  CloneArguments arguments;
  arguments.flags = kCloneAutoreap | kCloneNnp | kClonePidfdAutokill | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  EXPECT_EQ(Clone3Error(arguments), expected);
  const sys::Fd owned(pidfd);
  EXPECT_EQ(owned.Valid(), expected == 0);
}

PROMISE(CloneRule, AutoReapSendsNothing,
        {.says = "CLONE_AUTOREAP with an exit signal, with CLONE_THREAD or with CLONE_PARENT is "
                 "EINVAL.",
         .item = "138",
         .authority = "kernel/fork.c copy_process()",
         .since = "7.1"}) {
  if (!HasAutoReap()) GTEST_SKIP() << "no CLONE_AUTOREAP in this kernel";
  EXPECT_EQ(Clone3FlagsError(kCloneAutoreap, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(kCloneAutoreap | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0), EINVAL);
  EXPECT_EQ(Clone3FlagsError(kCloneAutoreap | CLONE_PARENT, 0), EINVAL);
}

PROMISE(CloneRule, AutoReapedChildLeavesNothingToWaitFor,
        {.says = "A CLONE_AUTOREAP child leaves no zombie and no SIGCHLD, and cannot be waited "
                 "for, though its parent handles SIGCHLD as usual.",
         .item = "137 228",
         .authority = "kernel/exit.c exit_notify()",
         .since = "7.1"}) {
  if (!HasAutoReap()) GTEST_SKIP() << "no CLONE_AUTOREAP in this kernel";
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &set, nullptr), 0);
  CloneArguments arguments;
  arguments.flags = kCloneAutoreap;
  const ScopedChild child = Clone(arguments, [] { return 0; });
  EXPECT_EQ(Wait4(child.Number(), __WALL).error, ECHILD);
  EXPECT_TRUE(AwaitGone(child.Number()));
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGCHLD), 0);
}

PROMISE(CloneRule, NoNewPrivilegesFlagActsOnTheChildOnly,
        {.says = "CLONE_NNP sets no_new_privs in the child and not in its parent, and is EINVAL "
                 "with CLONE_THREAD.",
         .item = "137 138",
         .authority = "kernel/fork.c copy_process()",
         .since = "7.1"}) {
  if (!HasAutoReap()) GTEST_SKIP() << "no CLONE_NNP in this kernel";
  EXPECT_EQ(Clone3FlagsError(kCloneNnp | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0), EINVAL);
  CloneArguments arguments = Plain();
  arguments.flags = kCloneNnp;
  ScopedChild child =
      Clone(arguments, [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1; });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

PROMISE(CloneRule, AutoKillNeedsPidfdAutoReapAndNoPrivileges,
        {.says = "CLONE_PIDFD_AUTOKILL without CLONE_PIDFD or without CLONE_AUTOREAP is EINVAL; "
                 "without CLONE_NNP it is EPERM for a caller without CAP_SYS_ADMIN.",
         .item = "138",
         .authority = "kernel/fork.c copy_process()",
         .since = "7.1"}) {
  if (!HasAutoReap()) GTEST_SKIP() << "no CLONE_PIDFD_AUTOKILL in this kernel";
  const Shared<int> pidfd;
  const auto error_of = [&](uint64_t flags) {
    CloneArguments arguments;
    arguments.flags = flags;
    arguments.pidfd = reinterpret_cast<uint64_t>(&*pidfd);
    return Clone3Error(arguments);
  };
  EXPECT_EQ(error_of(kClonePidfdAutokill | kCloneAutoreap | kCloneNnp), EINVAL);
  EXPECT_EQ(error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneNnp), EINVAL);
  const ChildChecks checks(3);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_EQ(checks, EPERM, error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneAutoreap));
    CHILD_EXPECT_EQ(checks, 0,
                    error_of(kClonePidfdAutokill | CLONE_PIDFD | kCloneAutoreap | kCloneNnp));
  });
  EXPECT_EQ(plain.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance

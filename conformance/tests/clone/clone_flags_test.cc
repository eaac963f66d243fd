// Which flags clone(2), clone3(2) and unshare(2) take together: one rule per test, each over a
// table of calls whose failing rows are printed. See clone3_struct_test.cc for what is no flag.
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

// Flags that forbid nothing: whatever is refused is so with any union of these.
std::vector<uint64_t> Bystanders() {
  return UnionsOf({CLONE_FILES, CLONE_IO, CLONE_VFORK, CLONE_UNTRACED});
}

std::string Hex(uint64_t flags) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "flags %#llx", static_cast<unsigned long long>(flags));
  return text;
}

// Both calls refuse these flags with EINVAL, alone and in every company.
void ExpectRefused(uint64_t flags, uint64_t exit_signal) {
  for (const uint64_t others : Bystanders()) {
    const uint64_t all = flags | others;
    EXPECT_EQ(Clone3FlagsError(all, exit_signal), EINVAL) << "clone3 " << Hex(all);
    EXPECT_EQ(LegacyCloneError(static_cast<int>(all | exit_signal)), EINVAL)
        << "clone " << Hex(all);
  }
}

PROMISE(CloneRule, SighandNeedsVm,
        {.says = "CLONE_SIGHAND without CLONE_VM is EINVAL for clone and clone3, whatever other "
                 "flags are there; with CLONE_VM clone takes each of them.",
         .item = "115",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()"}) {
  ExpectRefused(CLONE_SIGHAND, SIGCHLD);
  ExpectRefused(CLONE_SIGHAND | CLONE_FS, SIGCHLD);
  for (const uint64_t others : Bystanders()) {
    const auto legal = static_cast<int>(CLONE_SIGHAND | CLONE_VM | others | SIGCHLD);
    EXPECT_EQ(LegacyCloneError(legal), 0) << "the decoy: " << Hex(others);
  }
}

PROMISE(CloneRule, ThreadNeedsSighand,
        {.says = "CLONE_THREAD without CLONE_SIGHAND is EINVAL, even with CLONE_VM; with both it "
                 "makes a thread.",
         .item = "116",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()"}) {
  ExpectRefused(CLONE_THREAD, 0);
  ExpectRefused(CLONE_THREAD | CLONE_VM, 0);
  ExpectRefused(CLONE_THREAD | CLONE_VM | CLONE_FS, 0);
  EXPECT_EQ(LegacyCloneError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), 0) << "the decoy";
}

PROMISE(CloneRule, NewMountNamespaceForbidsFs,
        {.says = "CLONE_NEWNS with CLONE_FS is EINVAL, with and without privilege.",
         .item = "117",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()"}) {
  ExpectRefused(CLONE_NEWNS | CLONE_FS, SIGCHLD);
  const ChildChecks checks(3);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_EQ(checks, EINVAL, Clone3FlagsError(CLONE_NEWNS | CLONE_FS, SIGCHLD));
    CHILD_EXPECT_EQ(checks, EPERM, Clone3FlagsError(CLONE_NEWNS, SIGCHLD));  // the decoy
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneRule, NewUserNamespaceForbidsFs,
        {.says = "CLONE_NEWUSER with CLONE_FS is EINVAL, with and without privilege.",
         .item = "117",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
         .since = "3.9"}) {
  ExpectRefused(CLONE_NEWUSER | CLONE_FS, SIGCHLD);
  const ChildChecks checks(2);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    CHILD_EXPECT_EQ(checks, EINVAL, Clone3FlagsError(CLONE_NEWUSER | CLONE_FS, SIGCHLD));
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneRule, NewIpcNamespaceForbidsSysvsem,
        {.says = "CLONE_NEWIPC with CLONE_SYSVSEM is EINVAL; each alone is taken.",
         .item = "119",
         .authority = "clone(2) ERRORS; kernel/nsproxy.c copy_namespaces()"}) {
  if (Clone3FlagsError(CLONE_NEWIPC, SIGCHLD) == EPERM) {
    GTEST_SKIP() << "a new ipc namespace needs CAP_SYS_ADMIN";
  }
  EXPECT_EQ(Clone3FlagsError(CLONE_NEWIPC, SIGCHLD), 0);
  EXPECT_EQ(Clone3FlagsError(CLONE_SYSVSEM, SIGCHLD), 0);
  for (const uint64_t others : Bystanders()) {
    const uint64_t all = CLONE_NEWIPC | CLONE_SYSVSEM | others;
    EXPECT_EQ(Clone3FlagsError(all, SIGCHLD), EINVAL) << Hex(all);
  }
}

PROMISE(CloneRule, LegacyPidfdForbidsDetached,
        {.says = "clone with CLONE_PIDFD and the long unused CLONE_DETACHED is EINVAL; "
                 "CLONE_DETACHED alone is ignored.",
         .item = "120 139",
         .authority = "clone(2) CLONE_DETACHED, ERRORS; kernel/fork.c copy_process()",
         .since = "5.2"}) {
  int pidfd = -1;
  EXPECT_EQ(LegacyCloneError(CLONE_PIDFD | static_cast<int>(CLONE_DETACHED) | SIGCHLD, &pidfd),
            EINVAL);
  EXPECT_EQ(pidfd, -1);
  EXPECT_EQ(LegacyCloneError(static_cast<int>(CLONE_DETACHED) | SIGCHLD), 0);
  EXPECT_EQ(LegacyCloneError(CLONE_PIDFD | SIGCHLD, &pidfd), 0) << "the decoy";
  const sys::Fd owned(pidfd);
  EXPECT_TRUE(owned.Valid());
}

PROMISE(CloneRule, PidfdOfAThreadNeedsThreadPidfds,
        {.says = "CLONE_PIDFD with CLONE_THREAD is EINVAL where there are no thread pidfds (up to "
                 "6.8), and makes one where there are.",
         .item = "121",
         .authority = "clone(2) CLONE_PIDFD; kernel/fork.c copy_process()",
         .kind = Kind::kVersion}) {
  const sys::Fd probe(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), O_EXCL)));
  int pidfd = -1;
  const int error = LegacyCloneError(CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, &pidfd);
  const sys::Fd owned(pidfd);
  EXPECT_EQ(error, probe.Valid() ? 0 : EINVAL);
  EXPECT_EQ(owned.Valid(), probe.Valid());
}

// Up to 6.18 it makes a child that sends nothing and can be waited for with __WCLONE only.
PROMISE(CloneRule, LegacySignalBeyondTheLastIsRefused,
        {.says = "clone with an exit signal above 64 is EINVAL.",
         .item = "122",
         .authority = "kernel/fork.c kernel_clone() valid_signal()",
         .since = "6.19",
         .kind = Kind::kLinux}) {
  for (const long signal : {65L, 100L, 255L}) {
#if defined(__s390x__)
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, 0L, signal, 0L, 0L, 0L));
#else
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, signal, 0L, 0L, 0L, 0L));
#endif
    if (pid == 0) ::_exit(0);
    EXPECT_EQ(pid < 0 ? errno : 0, EINVAL) << signal;
    if (pid > 0) (void)Wait4(pid, static_cast<int>(__WCLONE));
  }
}

PROMISE(CloneRule, SignalBitsAreNoFlagsOfClone3,
        {.says = "clone3 refuses each bit of the old exit signal's byte in its flags, but for "
                 "0x80, which is CLONE_NEWTIME there.",
         .item = "126",
         .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
         .since = "5.3"}) {
  for (uint64_t bit = 1; bit < CLONE_NEWTIME; bit <<= 1) {
    EXPECT_EQ(Clone3FlagsError(bit, SIGCHLD), EINVAL) << Hex(bit);
    EXPECT_EQ(Clone3FlagsError(bit | CLONE_FILES, SIGCHLD), EINVAL) << Hex(bit);
  }
}

PROMISE(CloneRule, NewTimeIsAFlagOfClone3,
        {.says = "clone3 takes CLONE_NEWTIME, though it lies in the old exit signal's byte.",
         .item = "126",
         .authority = "time_namespaces(7); kernel/fork.c clone3_args_valid(); stable 5.10.175, "
                      "6.1.20",
         .since = "5.10.175"}) {
  if (::access("/proc/self/ns/time", F_OK) != 0) GTEST_SKIP() << "no time namespaces here";
  const int error = Clone3FlagsError(CLONE_NEWTIME, SIGCHLD);
  if (error == EPERM) GTEST_SKIP() << "a new time namespace needs CAP_SYS_ADMIN";
  EXPECT_EQ(error, 0);
}

PROMISE(CloneRule, EachUndefinedBitIsEinval,
        {.says = "clone3 refuses each of the flag bits 40 to 63, none of which has a meaning.",
         .item = "127",
         .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
         .since = "5.3"}) {
  for (int bit = 40; bit < 64; ++bit) {
    EXPECT_EQ(Clone3FlagsError(uint64_t{1} << bit, SIGCHLD), EINVAL) << "bit " << bit;
  }
  EXPECT_EQ(Clone3FlagsError(0, SIGCHLD), 0) << "the decoy: no bit";
}

PROMISE(CloneRule, TracingFlagsOfAnUntracedCallerAreTaken,
        {.says = "CLONE_PTRACE and CLONE_UNTRACED of a caller that nobody traces are taken and "
                 "change nothing.",
         .item = "139",
         .authority = "clone(2) CLONE_PTRACE, CLONE_UNTRACED; kernel/fork.c copy_process()"}) {
  const ChildChecks checks(2);
  for (const uint64_t flags : {uint64_t{CLONE_PTRACE}, uint64_t{CLONE_UNTRACED}}) {
    CloneArguments arguments;
    arguments.flags = flags;
    arguments.exit_signal = SIGCHLD;
    ScopedChild child = Clone(
        arguments, [&] { CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "TracerPid") == "0"); });
    EXPECT_EQ(child.Reap(), 0) << Hex(flags);
  }
}

PROMISE(CloneRule, NamespacesNeedPrivilege,
        {.says = "Without CAP_SYS_ADMIN each new namespace but a user namespace is EPERM.",
         .item = "141",
         .authority = "namespaces(7), clone(2) ERRORS; kernel/nsproxy.c copy_namespaces()"}) {
  const ChildChecks checks(8);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    for (const uint64_t flag :
         {uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWUTS}, uint64_t{CLONE_NEWIPC},
          uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWNET}, uint64_t{CLONE_NEWCGROUP}}) {
      CHILD_EXPECT_EQ(checks, EPERM, Clone3FlagsError(flag, SIGCHLD));
    }
    CHILD_EXPECT_EQ(checks, 0, Clone3FlagsError(CLONE_FILES, SIGCHLD));  // the decoy
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneRule, UserNamespaceGivesThePrivilege,
        {.says = "Without privilege CLONE_NEWUSER together with another new namespace is taken: "
                 "the user namespace comes first.",
         .item = "141 363",
         .authority = "user_namespaces(7); kernel/cred.c copy_creds() before copy_namespaces()",
         .since = "3.8"}) {
  ScopedChild probe =
      Fork([] { return DropCapabilities() ? Clone3FlagsError(CLONE_NEWUSER, SIGCHLD) : EPROTO; });
  const int refused = probe.Reap() >> 8;
  if (refused != 0) GTEST_SKIP() << "no user namespaces for ordinary users, errno " << refused;
  const ChildChecks checks(5);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    for (const uint64_t flag : {uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWUTS},
                                uint64_t{CLONE_NEWIPC}, uint64_t{CLONE_NEWPID}}) {
      CHILD_EXPECT_EQ(checks, 0, Clone3FlagsError(CLONE_NEWUSER | flag, SIGCHLD));
    }
  });
  EXPECT_EQ(plain.Reap(), 0);
}

int UnshareError(int flags) { return ::unshare(flags) == 0 ? 0 : errno; }

PROMISE(CloneRule, UnshareRefusesUnknownBits,
        {.says = "unshare with a bit that it does not know is EINVAL, the exit signal's byte and "
                 "CLONE_VFORK, CLONE_PARENT and CLONE_SETTLS among them.",
         .item = "142",
         .authority = "unshare(2) ERRORS; kernel/fork.c check_unshare_flags()"}) {
  const ChildChecks checks(8);
  ScopedChild child = Fork([&] {
    for (const int flag : {0x1, 0x10, CLONE_VFORK, CLONE_PARENT, CLONE_SETTLS, CLONE_PTRACE,
                           static_cast<int>(CLONE_IO)}) {
      CHILD_EXPECT_EQ(checks, EINVAL, UnshareError(flag));
    }
    CHILD_EXPECT_EQ(checks, 0, UnshareError(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));  // decoy
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(CloneRule, UnshareOfThreadingIsANoOpForOneThread,
        {.says = "unshare of CLONE_THREAD, CLONE_SIGHAND or CLONE_VM succeeds in a process with "
                 "one thread, and is EINVAL in one with two.",
         .item = "142",
         .authority = "unshare(2) ERRORS; kernel/fork.c check_unshare_flags()"}) {
  const std::vector<int> rows = {CLONE_THREAD, CLONE_SIGHAND, CLONE_VM};
  for (const int flag : rows) EXPECT_EQ(UnshareError(flag), 0) << Hex(static_cast<uint64_t>(flag));
  const Handshake end;
  const JoinedThread second([&] { (void)end.Await(); });
  for (const int flag : rows) {
    EXPECT_EQ(UnshareError(flag), EINVAL) << Hex(static_cast<uint64_t>(flag));
  }
  EXPECT_EQ(UnshareError(CLONE_FS), 0) << "the decoy: threads may do that";
  end.Notify();
}

PROMISE(CloneRule, UnshareOfUserNamespaceNeedsOneThread,
        {.says = "unshare(CLONE_NEWUSER) by a process with two threads is EINVAL.",
         .item = "142",
         .authority = "unshare(2) ERRORS, user_namespaces(7); kernel/fork.c ksys_unshare()",
         .since = "3.8"}) {
  ScopedChild alone = Fork([] { return UnshareError(CLONE_NEWUSER); });
  const int refused = alone.Reap() >> 8;
  if (refused != 0) GTEST_SKIP() << "no user namespaces for this user, errno " << refused;
  const Handshake end;
  const JoinedThread second([&] { (void)end.Await(); });
  EXPECT_EQ(UnshareError(CLONE_NEWUSER), EINVAL);
  end.Notify();
}

// The manual page says EINVAL; every kernel tried takes it.
PROMISE(CloneRule, NewNamespacesMayGoToASibling,
        {.says = "CLONE_NEWPID and CLONE_NEWUSER are taken together with CLONE_PARENT: the new "
                 "namespace's first process is the caller's sibling.",
         .item = "143",
         .authority = "kernel/fork.c copy_process()",
         .kind = Kind::kLinux}) {
  for (const uint64_t flag : {uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWUSER}}) {
    if (const int error = Clone3FlagsError(flag, SIGCHLD); error != 0) {
      GTEST_SKIP() << Hex(flag) << " is not for this user, errno " << error;
    }
  }
  const ChildChecks checks(1);
  ScopedChild caller = Fork([&] {
    for (const uint64_t flag : {uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWUSER}}) {
      CloneArguments arguments;
      arguments.flags = CLONE_PARENT | flag;
      const pid_t pid = RawClone3(arguments);
      if (pid == 0) {
        if (flag == CLONE_NEWPID) CHILD_EXPECT_EQ(checks, 1, ::getpid());
        ::_exit(24);
      }
      if (pid < 0) return errno;
    }
    return 0;
  });
  EXPECT_EQ(caller.Reap(), 0) << "exit status: errno";
  for (int sibling = 0; sibling < 2; ++sibling) {
    const Waited waited = Wait4(-1, 0);
    EXPECT_GT(waited.pid, 0);
    EXPECT_EQ(waited.status, 24 << 8);
  }
}

PROMISE(CloneRule, LegacyCloneIgnoresUpperBits,
        {.says = "clone looks at the lower 32 bits of its flags only: clone3's own flags and "
                 "unknown bits above them change nothing.",
         .item = "144",
         .authority = "kernel/fork.c sys_clone() lower_32_bits()",
         .since = "5.6.14",
         .kind = Kind::kLinux}) {
  if (sizeof(long) < 8) GTEST_SKIP() << "a long has no upper bits here";
  ASSERT_NE(::signal(SIGUSR1, [](int) {}), SIG_ERR);
  for (const int bit : {32, 33, 34, 50, 63}) {
    const uint64_t flags = uint64_t{1} << bit | SIGCHLD;
#if defined(__s390x__)
    const long pid = ::syscall(SYS_clone, 0L, flags, 0L, 0L, 0L);
#else
    const long pid = ::syscall(SYS_clone, flags, 0L, 0L, 0L, 0L);
#endif
    if (pid == 0) {
      struct sigaction action {};
      (void)::sigaction(SIGUSR1, nullptr, &action);
      ::_exit(action.sa_handler == SIG_DFL ? 1 : 0);  // bit 32 is CLONE_CLEAR_SIGHAND in clone3
    }
    ASSERT_GT(pid, 0) << "bit " << bit;
    EXPECT_EQ(Wait4(static_cast<pid_t>(pid), 0).status, 0) << "bit " << bit;
  }
}

}  // namespace
}  // namespace procmark::conformance

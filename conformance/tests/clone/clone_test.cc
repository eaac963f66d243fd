// clone(2), clone3(2) and vfork(2): exactly what each flag shares, and what the calls refuse.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {
namespace {

void DoNothing(int) {}

// What a child changes, and what its parent then sees: the share matrix.
struct Resources {
  int memory_word = 0;
  int descriptor = -1;
};

// Changes one of each: a memory word, the working directory and umask, a descriptor, an action.
int ChangeAll(Resources* resources) {
  resources->memory_word = 1;
  if (::chdir("/proc") != 0) return 1;
  (void)::umask(0153);
  if (::fcntl(resources->descriptor, F_SETFD, 0) != 0) return 2;
  struct sigaction action {};
  action.sa_handler = DoNothing;
  return ::sigaction(SIGUSR1, &action, nullptr) == 0 ? 0 : 3;
}

// Runs ChangeAll in a child made with these flags and checks that precisely the named resources
// changed in this process.
void CheckSharing(int flags) {
  SCOPED_TRACE("flags: " + std::string((flags & CLONE_VM) != 0 ? "VM " : "") +
               ((flags & CLONE_FS) != 0 ? "FS " : "") +
               ((flags & CLONE_FILES) != 0 ? "FILES " : "") +
               ((flags & CLONE_SIGHAND) != 0 ? "SIGHAND" : ""));
  const sys::Fd file(static_cast<int>(::memfd_create("conformance", MFD_CLOEXEC)));
  ASSERT_TRUE(file.Valid());
  ASSERT_EQ(::chdir("/"), 0);
  (void)::umask(0077);
  ASSERT_NE(::signal(SIGUSR1, SIG_DFL), SIG_ERR);
  Resources resources;
  resources.descriptor = file.Get();
  if ((flags & CLONE_VM) != 0) {
    ScopedChild child =
        CloneSharingMemory(flags | SIGCHLD, [&resources] { return ChangeAll(&resources); });
    ASSERT_EQ(child.Reap(), 0);
  } else {
    CloneArguments arguments;
    arguments.flags = static_cast<uint64_t>(flags);
    arguments.exit_signal = SIGCHLD;
    ScopedChild child = Clone(arguments, [&resources] { return ChangeAll(&resources); });
    ASSERT_EQ(child.Reap(), 0);
  }
  // The compiler must not know better than the kernel what the word holds.
  EXPECT_EQ(*static_cast<volatile int*>(&resources.memory_word), (flags & CLONE_VM) != 0 ? 1 : 0);
  char folder[PATH_MAX] = "";
  ASSERT_NE(::getcwd(folder, sizeof folder), nullptr);
  EXPECT_STREQ(folder, (flags & CLONE_FS) != 0 ? "/proc" : "/");
  EXPECT_EQ(::umask(0), (flags & CLONE_FS) != 0 ? 0153U : 0077U);
  EXPECT_EQ(::fcntl(file.Get(), F_GETFD), (flags & CLONE_FILES) != 0 ? 0 : FD_CLOEXEC);
  struct sigaction action {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, (flags & CLONE_SIGHAND) != 0 ? DoNothing : SIG_DFL);
}

PROMISE(
    Clone, SharesExactlyWhatItsFlagsName,
    {.says = "Each of the 12 legal combinations of CLONE_VM, CLONE_FS, CLONE_FILES and "
             "CLONE_SIGHAND shares the named resources and no other.",
     .item = "92 93 94 95 96 97 98 99 100 101 102 103",
     .authority = "clone(2); kernel/fork.c copy_mm(), copy_fs(), copy_files(), copy_sighand()"}) {
  int combinations = 0;
  for (const int memory : {0, CLONE_VM, CLONE_VM | CLONE_SIGHAND}) {
    for (const int folders : {0, CLONE_FS}) {
      for (const int files : {0, CLONE_FILES}) {
        CheckSharing(memory | folders | files);
        ++combinations;
      }
    }
  }
  EXPECT_EQ(combinations, 12);
}

PROMISE(Clone, DescriptorOpenedBySharingChildIsTheParents,
        {.says = "With CLONE_FILES a descriptor that the child opens is usable by its parent.",
         .item = "104",
         .authority = "clone(2) CLONE_FILES"}) {
  CloneArguments arguments;
  arguments.flags = CLONE_FILES;
  arguments.exit_signal = SIGCHLD;
  const Shared<std::atomic<int>> opened;
  ScopedChild child = Clone(arguments, [&] {
    opened->store(static_cast<int>(::memfd_create("conformance", 0)));
    return ::ftruncate(opened->load(), 321);
  });
  ASSERT_EQ(child.Reap(), 0);
  const sys::Fd file(opened->load());
  struct stat status {};
  ASSERT_EQ(::fstat(file.Get(), &status), 0);
  EXPECT_EQ(status.st_size, 321);
}

PROMISE(
    Clone, ParentFlagMakesASibling,
    {.says = "CLONE_PARENT gives the child its caller's parent, which alone can wait for it; its "
             "exit signal is its caller's.",
     .item = "107",
     .authority = "clone(2) CLONE_PARENT; kernel/fork.c copy_process()"}) {
  const Shared<std::atomic<pid_t>> sibling;
  const ChildChecks checks(2);
  const pid_t test = ::getpid();
  ScopedChild caller = Fork([&] {
    CloneArguments arguments;
    arguments.flags = CLONE_PARENT;
    const pid_t pid = RawClone3(arguments);
    if (pid == 0) {
      CHILD_EXPECT_EQ(checks, test, ::getppid());
      ::_exit(6);
    }
    sibling->store(pid);
    CHILD_EXPECT_EQ(checks, ECHILD, Wait4(pid, __WALL).error);
    return pid > 0 ? 0 : 1;
  });
  EXPECT_EQ(caller.Reap(), 0);
  ASSERT_GT(sibling->load(), 0);
  EXPECT_EQ(Wait4(sibling->load(), 0).status, 6 << 8) << "a plain wait: its exit signal is SIGCHLD";
}

PROMISE(
    Clone, TidWordsAreWrittenInTime,
    {.says = "CLONE_PARENT_SETTID writes the child's tid before clone returns, CLONE_CHILD_SETTID "
             "in the child's memory before it runs.",
     .item = "108",
     .authority = "clone(2); kernel/fork.c kernel_clone(), kernel/sched/core.c schedule_tail()"}) {
  volatile pid_t in_parent = -1;
  volatile pid_t in_child = -1;
  const ChildChecks checks(1);
  CloneArguments arguments;
  arguments.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
  arguments.exit_signal = SIGCHLD;
  arguments.parent_tid = reinterpret_cast<uint64_t>(&in_parent);
  arguments.child_tid = reinterpret_cast<uint64_t>(&in_child);
  ScopedChild child = Clone(arguments, [&] { CHILD_EXPECT_EQ(checks, OwnTid(), in_child); });
  EXPECT_EQ(in_parent, child.Number());
  EXPECT_EQ(in_child, -1) << "the child's memory is its own";
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(
    Clone, ClearTidNeedsAnotherUserOfTheMemory,
    {.says = "CLONE_CHILD_CLEARTID zeroes the word at exit when the memory has another user, and "
             "leaves it when it has none, even in shared memory.",
     .item = "109 110",
     .authority = "set_tid_address(2); kernel/fork.c mm_release()",
     .kind = Kind::kLinux}) {
  const Shared<std::atomic<int>> alone;
  alone->store(77);
  CloneArguments arguments;
  arguments.flags = CLONE_CHILD_CLEARTID;
  arguments.exit_signal = SIGCHLD;
  arguments.child_tid = reinterpret_cast<uint64_t>(&*alone);
  ScopedChild own_memory = Clone(arguments, [] { return 0; });
  EXPECT_EQ(own_memory.Reap(), 0);
  EXPECT_EQ(alone->load(), 77);
  // set_tid_address in a child that shares our memory is CLONE_CHILD_CLEARTID by another road.
  std::atomic<int> word = 77;
  ScopedChild sharer = CloneSharingMemory(SIGCHLD, [&word] {
    (void)::syscall(SYS_set_tid_address, &word);
    return 0;
  });
  (void)sharer.AwaitZombie();
  EXPECT_EQ(word.load(), 0);
  EXPECT_EQ(sharer.Reap(), 0);
}

PROMISE(Clone, ContradictoryFlagsAreEinval,
        {.says = "Flags that contradict one another are EINVAL: SIGHAND without VM, THREAD without "
                 "SIGHAND, a new mount or user namespace with shared folders.",
         .item = "115 116 117 118",
         .authority = "clone(2) ERRORS; kernel/fork.c copy_process()"}) {
  EXPECT_EQ(Clone3FlagsError(CLONE_FILES, SIGCHLD), 0) << "the decoy: a legal call";
  EXPECT_EQ(Clone3FlagsError(CLONE_SIGHAND, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_THREAD, 0), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_NEWNS | CLONE_FS, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_NEWUSER | CLONE_FS, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWPID, 0), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0), EINVAL);
}

PROMISE(
    Clone, PidfdContradictionsAreEinval,
    {.says = "CLONE_PIDFD with CLONE_DETACHED is EINVAL, as is legacy clone with CLONE_PIDFD and "
             "CLONE_PARENT_SETTID, or clone3 with both at one address.",
     .item = "120 135",
     .authority = "clone(2) ERRORS; kernel/fork.c kernel_clone()",
     .since = "5.10"}) {
  int pidfd = -1;
  pid_t tid = -1;
  CloneArguments arguments;
  arguments.flags = CLONE_PIDFD | CLONE_PARENT_SETTID;
  arguments.exit_signal = SIGCHLD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&pidfd);
  EXPECT_EQ(Clone3Error(arguments), EINVAL);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&tid);
  EXPECT_EQ(Clone3Error(arguments), 0);
  const sys::Fd owned(pidfd);
  EXPECT_TRUE(owned.Valid());
  EXPECT_GT(tid, 0);
  EXPECT_EQ(Clone3FlagsError(CLONE_PIDFD | CLONE_DETACHED, SIGCHLD), EINVAL);
  alignas(64) static char stack[65536];
  const auto end_at_once = [](void*) { return 0; };
  EXPECT_EQ(::clone(end_at_once, stack + sizeof stack, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD,
                    nullptr, &pidfd),
            -1);
  EXPECT_EQ(errno, EINVAL);
}

PROMISE(
    Clone, SizesOfTheStructAreChecked,
    {.says = "clone3 takes the struct's three published sizes, refuses smaller ones with EINVAL, "
             "takes a larger one whose tail is zero and refuses any other with E2BIG.",
     .item = "123 124",
     .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
     .since = "5.7"}) {
  CloneArguments plain;
  plain.exit_signal = SIGCHLD;
  for (const size_t size : {size_t{64}, size_t{80}, size_t{88}}) {
    EXPECT_EQ(Clone3Error(plain, size), 0) << size;
  }
  for (const size_t size : {size_t{0}, size_t{8}, size_t{63}}) {
    EXPECT_EQ(Clone3Error(plain, size), EINVAL) << size;
  }
  struct {
    CloneArguments arguments;
    std::array<char, 1024> tail{};
  } larger;
  larger.arguments = plain;
  EXPECT_EQ(Clone3Error(larger.arguments, sizeof larger), 0);
  larger.tail.back() = 1;
  EXPECT_EQ(Clone3Error(larger.arguments, sizeof larger), E2BIG);
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(Clone3Error(plain, page + 8), E2BIG);
}

PROMISE(
    Clone, BadPointersAreEfaultAndLeaveNoChild,
    {.says = "clone3 with a bad struct or an unwritable pidfd pointer is EFAULT, and no child is "
             "left.",
     .item = "125 134",
     .authority = "clone3(2); kernel/fork.c copy_process()",
     .since = "5.3"}) {
  EXPECT_EQ(::syscall(SYS_clone3, 8UL, sizeof(CloneArguments)), -1);
  EXPECT_EQ(errno, EFAULT);
  CloneArguments arguments;
  arguments.flags = CLONE_PIDFD;
  arguments.exit_signal = SIGCHLD;
  arguments.pidfd = 8;
  EXPECT_EQ(Clone3Error(arguments), EFAULT);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
}

PROMISE(Clone, UnknownFlagsAreEinval,
        {.says = "clone3 refuses unknown flag bits, signal bits inside flags and CLONE_DETACHED.",
         .item = "126 127",
         .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
         .since = "5.3"}) {
  EXPECT_EQ(Clone3FlagsError(uint64_t{1} << 63, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(uint64_t{1} << 50, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(SIGCHLD, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(0x00400000, SIGCHLD), EINVAL);
}

PROMISE(Clone, ExitSignalIsValidated,
        {.says = "clone3 takes exit signals 0 to 64 and refuses all others; with CLONE_THREAD or "
                 "CLONE_PARENT any exit signal is EINVAL.",
         .item = "129 130",
         .authority = "clone3(2); kernel/fork.c clone3_args_valid()",
         .since = "5.3"}) {
  (void)::signal(64, SIG_IGN);
  EXPECT_EQ(Clone3FlagsError(0, 0), 0);
  EXPECT_EQ(Clone3FlagsError(0, 64), 0);
  for (const uint64_t signal : {uint64_t{65}, uint64_t{0xff}, uint64_t{0x100},
                                uint64_t{SIGCHLD} | uint64_t{1} << 32, ~uint64_t{0}}) {
    EXPECT_EQ(Clone3FlagsError(0, signal), EINVAL) << signal;
  }
  EXPECT_EQ(Clone3FlagsError(CLONE_PARENT, SIGCHLD), EINVAL);
  EXPECT_EQ(Clone3FlagsError(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, SIGCHLD), EINVAL);
}

PROMISE(Clone, StackNeedsItsSize,
        {.says = "clone3 with a stack and no size, or a size and no stack, is EINVAL.",
         .item = "131",
         .authority = "clone3(2); kernel/fork.c clone3_stack_valid()",
         .since = "5.3"}) {
  alignas(64) static char memory[4096];
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<uint64_t>(memory);
  EXPECT_EQ(Clone3Error(arguments), EINVAL);
  arguments.stack = 0;
  arguments.stack_size = sizeof memory;
  EXPECT_EQ(Clone3Error(arguments), EINVAL);
}

PROMISE(
    Clone, SetTidIsValidated,
    {.says = "clone3 set_tid is EINVAL without its size, without its pointer, for more than 32 "
             "levels, and for pids below 1.",
     .item = "132 309",
     .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user(), kernel/pid.c alloc_pid()",
     .since = "5.5"}) {
  std::array<pid_t, 33> pids{};
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(pids.data());
  EXPECT_EQ(Clone3Error(arguments), EINVAL) << "size 0 with a pointer";
  arguments.set_tid_size = pids.size();
  EXPECT_EQ(Clone3Error(arguments), EINVAL) << "33 levels";
  arguments.set_tid_size = 1;
  for (const pid_t pid : {0, -1}) {
    pids[0] = pid;
    EXPECT_EQ(Clone3Error(arguments), EINVAL) << pid;
  }
  arguments.set_tid = 0;
  EXPECT_EQ(Clone3Error(arguments), EINVAL) << "a size without a pointer";
}

PROMISE(Clone, ClearSighandResetsHandlersOnly,
        {.says = "CLONE_CLEAR_SIGHAND sets caught signals to their default and leaves ignored ones "
                 "ignored; with CLONE_SIGHAND it is EINVAL.",
         .item = "128 136",
         .authority = "clone3(2) CLONE_CLEAR_SIGHAND; kernel/fork.c copy_sighand()",
         .since = "5.5"}) {
  ASSERT_NE(::signal(SIGUSR1, DoNothing), SIG_ERR);
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  const ChildChecks checks(2);
  CloneArguments arguments;
  arguments.flags = kCloneClearSighand;
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [&] {
    struct sigaction action {};
    (void)::sigaction(SIGUSR1, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_DFL);
    (void)::sigaction(SIGUSR2, nullptr, &action);
    CHILD_EXPECT_TRUE(checks, action.sa_handler == SIG_IGN);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Clone3FlagsError(kCloneClearSighand | CLONE_SIGHAND | CLONE_VM, SIGCHLD), EINVAL);
}

}  // namespace
}  // namespace procmark::conformance

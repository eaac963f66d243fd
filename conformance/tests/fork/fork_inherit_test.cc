// More of what fork(2) copies and what it does not: threads, lists of the kernel, policies,
// filters.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Fork, OnlyTheCallingThreadExists,
        {.says = "Only the thread that called fork exists in the child; its tid is its pid.",
         .item = "41",
         .authority = "fork(2); POSIX.1 fork"}) {
  const Handshake end;
  const JoinedThread other([&] { (void)end.Await(); });
  ASSERT_EQ(StatusLine(::getpid(), "Threads"), "2") << "the decoy: the parent has two";
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "Threads") == "1");
    CHILD_EXPECT_EQ(checks, ::getpid(), OwnTid());
  });
  EXPECT_EQ(child.Reap(), 0);
  end.Notify();
}

PROMISE(Fork, ByAnotherThreadMakesALeader,
        {.says = "A child forked by a thread that is no leader is a leader, and its parent is the "
                 "process, not the thread.",
         .item = "42",
         .authority = "fork(2); kernel/fork.c copy_process()"}) {
  const pid_t test = ::getpid();
  const ChildChecks checks(3);
  pid_t forker = 0;
  {
    const JoinedThread thread([&] {
      forker = OwnTid();
      ScopedChild child = Fork([&] {
        CHILD_EXPECT_EQ(checks, test, ::getppid());
        CHILD_EXPECT_EQ(checks, ::getpid(), OwnTid());
        CHILD_EXPECT_TRUE(checks, StatusLine(::getpid(), "Tgid") == std::to_string(::getpid()));
      });
      EXPECT_EQ(child.Reap(), 0);
    });
  }
  EXPECT_NE(forker, test) << "the decoy: the forker was no leader";
}

std::string OwnOomScoreAdj() {
  const sys::Result<std::string> text = sys::ReadSmallFile("/proc/self/oom_score_adj");
  return text ? text.Value() : "unreadable";
}

bool SetOwnOomScoreAdj(const char* value) {
  const sys::Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  return file.Valid() && sys::WriteAll(file.Get(), value, std::string(value).size()).Ok();
}

PROMISE(Fork, OomScoreIsCopied,
        {.says = "oom_score_adj is copied by fork; the child's later change is its own.",
         .item = "43",
         .authority = "proc_pid_oom_score_adj(5); kernel/fork.c copy_signal()"}) {
  ASSERT_TRUE(SetOwnOomScoreAdj("654"));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, OwnOomScoreAdj() == "654\n");
    CHILD_EXPECT_TRUE(checks, SetOwnOomScoreAdj("765"));
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(OwnOomScoreAdj(), "654\n");
}

// The head of the caller's robust futex list, as the kernel knows it; 1 when it cannot be read.
uintptr_t RobustHead() {
  uintptr_t head = 1;
  size_t size = 0;
  return ::syscall(SYS_get_robust_list, 0, &head, &size) == 0 ? head : uintptr_t{1};
}

PROMISE(Fork, RobustListStartsEmpty,
        {.says = "The child's list of robust futexes is empty after a raw clone, whatever its "
                 "parent registered.",
         .item = "48",
         .authority = "get_robust_list(2); kernel/fork.c copy_process() futex_init_task()",
         .kind = Kind::kLinux}) {
  struct {
    void* next;
    long offset;
    void* pending;
  } head{&head, 0, nullptr};
  ASSERT_EQ(::syscall(SYS_set_robust_list, &head, sizeof head), 0);
  ASSERT_EQ(RobustHead(), reinterpret_cast<uintptr_t>(&head));
  const ChildChecks checks(1);
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [&] { CHILD_EXPECT_EQ(checks, 0, RobustHead()); });
  EXPECT_EQ(child.Reap(), 0);
}

// Clones, raw, a child that ends while another process still uses its memory (only then does the
// kernel write the word), and gives the word's value after that. With `own` the child sets the word
// itself.
int WordAfterChildsEnd(bool own) {
  const Shared<std::atomic<int>> word;
  word->store(4711);
  (void)::syscall(SYS_set_tid_address, &*word);
  const Handshake release;
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  ScopedChild child = Clone(arguments, [&]() -> int {
    if (own) (void)::syscall(SYS_set_tid_address, &*word);
    const ScopedChild sharer = CloneSharingMemory(SIGCHLD, [&] { return release.Await() ? 0 : 1; });
    ::_exit(0);  // leaves the sharer to the test
  });
  EXPECT_EQ(child.Reap(), 0);
  const int value = word->load();
  release.Notify();
  EXPECT_EQ(Wait4(-1, __WALL).status, 0);
  static int elsewhere;
  (void)::syscall(SYS_set_tid_address, &elsewhere);
  return value;
}

PROMISE(Fork, ClearTidWordIsNotInherited,
        {.says = "The address of set_tid_address is not inherited: nothing is written there when "
                 "the child ends.",
         .item = "49",
         .authority = "set_tid_address(2); kernel/fork.c copy_process()"}) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  EXPECT_EQ(WordAfterChildsEnd(false), 4711);
  EXPECT_EQ(WordAfterChildsEnd(true), 0) << "the decoy: a child that set it itself";
}

PROMISE(Fork, AioContextsAreNotInherited,
        {.says = "Asynchronous I/O contexts are not inherited: the child gets EINVAL for them.",
         .item = "50",
         .authority = "fork(2), io_setup(2); POSIX.1 fork"}) {
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, 4, &context) != 0) {
    GTEST_SKIP() << "io_setup does not work here, errno " << errno;
  }
  timespec none{};
  io_event event{};
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    const long got = ::syscall(SYS_io_getevents, context, 0, 1, &event, &none);
    CHILD_EXPECT_EQ(checks, EINVAL, got == -1 ? errno : 0);
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::syscall(SYS_io_getevents, context, 0, 1, &event, &none), 0) << "the parent's works";
  EXPECT_EQ(::syscall(SYS_io_destroy, context), 0);
}

PROMISE(Fork, EventAndEpollDescriptorsAreShared,
        {.says = "eventfd and epoll descriptors are shared descriptions: what the child adds or "
                 "registers is there for the parent.",
         .item = "31",
         .authority = "fork(2), eventfd(2), epoll(7)"}) {
  const sys::Fd event(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  ASSERT_TRUE(event.Valid() && epoll.Valid());
  epoll_event ready{};
  ASSERT_EQ(::epoll_wait(epoll.Get(), &ready, 1, 0), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, 0, ::eventfd_write(event.Get(), 6));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u32 = 99;
    CHILD_EXPECT_EQ(checks, 0, ::epoll_ctl(epoll.Get(), EPOLL_CTL_ADD, event.Get(), &wanted));
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(::epoll_wait(epoll.Get(), &ready, 1, 0), 1);
  EXPECT_EQ(ready.data.u32, 99U);
  eventfd_t value = 0;
  EXPECT_EQ(::eventfd_read(event.Get(), &value), 0);
  EXPECT_EQ(value, 7U);
}

PROMISE(Fork, MemoryPolicyIsCopied,
        {.says = "The NUMA memory policy is copied by fork.",
         .item = "56",
         .authority = "set_mempolicy(2)"}) {
  constexpr int kBind = 2;  // MPOL_BIND
  const unsigned long nodes = 1;
  if (::syscall(SYS_set_mempolicy, kBind, &nodes, 64UL) != 0) {
    GTEST_SKIP() << "set_mempolicy does not work here, errno " << errno;
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    int mode = -1;
    CHILD_EXPECT_EQ(checks, 0, ::syscall(SYS_get_mempolicy, &mode, nullptr, 0UL, nullptr, 0UL));
    CHILD_EXPECT_EQ(checks, kBind, mode);
  });
  EXPECT_EQ(child.Reap(), 0);
}

// Makes getpriority(2) fail with EDOM in the calling process from now on.
bool RefuseGetpriority() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

int GetpriorityError() {
  errno = 0;
  (void)::getpriority(PRIO_PROCESS, 0);
  return errno;
}

PROMISE(Fork, SeccompFilterIsCopied,
        {.says = "A seccomp filter holds in the children of its process, and in theirs.",
         .item = "56 364",
         .authority = "seccomp(2)"}) {
  const ChildChecks checks(4);
  ScopedChild filtered = Fork([&] {
    CHILD_EXPECT_EQ(checks, 0, GetpriorityError());
    if (!RefuseGetpriority()) return 9;
    CHILD_EXPECT_EQ(checks, EDOM, GetpriorityError());
    ScopedChild child = Fork([&] {
      CHILD_EXPECT_EQ(checks, EDOM, GetpriorityError());
      ScopedChild grandchild = Fork([&] { CHILD_EXPECT_EQ(checks, EDOM, GetpriorityError()); });
      return grandchild.Reap();
    });
    return child.Reap();
  });
  const int status = filtered.Reap();
  EXPECT_NE(status, 9 << 8) << "no filter could be installed";
  EXPECT_EQ(GetpriorityError(), 0) << "the decoy: the test's own process has no filter";
}

// Linux 6.3 and later; the numbers are the kernel's ABI.
constexpr int kSetMdwe = 65;
constexpr int kGetMdwe = 66;
constexpr unsigned long kRefuseExecGain = 1;
constexpr unsigned long kNoInherit = 2;

int ExecGainError() {
  void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno;
  const int error = ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
  ::munmap(page, 4096);
  return error;
}

PROMISE(Fork, RefusalOfExecutableMemoryIsCopied,
        {.says = "PR_SET_MDWE (no memory may become executable) is inherited by fork.",
         .item = "58",
         .authority = "PR_SET_MDWE(2const)",
         .since = "6.3"}) {
  if (::prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_SET_MDWE";
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, kRefuseExecGain, ::prctl(kGetMdwe, 0, 0, 0, 0));
    CHILD_EXPECT_EQ(checks, EACCES, ExecGainError());
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Fork, RefusalWithoutInheritanceIsNotCopied,
        {.says = "PR_SET_MDWE with PR_MDWE_NO_INHERIT holds for its caller and not for children.",
         .item = "58",
         .authority = "PR_SET_MDWE(2const)",
         .since = "6.6"}) {
  if (::prctl(kSetMdwe, kRefuseExecGain | kNoInherit, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_MDWE_NO_INHERIT";
  }
  EXPECT_EQ(ExecGainError(), EACCES);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, 0, ::prctl(kGetMdwe, 0, 0, 0, 0));
    CHILD_EXPECT_EQ(checks, 0, ExecGainError());
  });
  EXPECT_EQ(child.Reap(), 0);
}

constexpr int kSetMerge = 67;
constexpr int kGetMerge = 68;
HELPER(ReportMerging) { return ::prctl(kGetMerge, 0, 0, 0, 0); }

PROMISE(Fork, MergingOfMemoryIsCopied,
        {.says = "PR_SET_MEMORY_MERGE (KSM for the whole process) is inherited by fork and kept by "
                 "execve.",
         .item = "58",
         .authority = "PR_SET_MEMORY_MERGE(2const); kernel/fork.c mm_init() (MMF_INIT_MASK)",
         .since = "6.4"}) {
  if (::prctl(kSetMerge, 1, 0, 0, 0) != 0) {
    GTEST_SKIP() << "PR_SET_MEMORY_MERGE does not work here, errno " << errno;
  }
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] { CHILD_EXPECT_EQ(checks, 1, ::prctl(kGetMerge, 0, 0, 0, 0)); });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(Fork([] { return ExecHelper("ReportMerging", {}); }).Reap(), 1 << 8);
  ASSERT_EQ(::prctl(kSetMerge, 0, 0, 0, 0), 0);
  EXPECT_EQ(Fork([] { return ExecHelper("ReportMerging", {}); }).Reap(), 0) << "the decoy";
}

PROMISE(Fork, SignalStackIsDroppedWhenMemoryIsShared,
        {.says = "A child that shares memory has no alternate signal stack, unless its parent "
                 "waits for it (CLONE_VFORK).",
         .item = "47",
         .authority = "sigaltstack(2); kernel/fork.c copy_process() sas_ss_reset()"}) {
  static char memory[65536];
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
  ASSERT_EQ(::sigaltstack(&stack, nullptr), 0);
  static stack_t seen;
  const auto look = [] { return ::sigaltstack(nullptr, &seen) == 0 ? 0 : 1; };
  EXPECT_EQ(CloneSharingMemory(SIGCHLD, look).Reap(), 0);
  EXPECT_EQ(seen.ss_flags, SS_DISABLE);
  EXPECT_EQ(CloneSharingMemory(SIGCHLD | CLONE_VFORK, look).Reap(), 0);
  EXPECT_EQ(seen.ss_flags, 0);
  EXPECT_EQ(seen.ss_sp, memory);
}

}  // namespace
}  // namespace procmark::conformance

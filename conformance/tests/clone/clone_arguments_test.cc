// SPDX-License-Identifier: MIT
// What clone3(2) reads besides its flags: the struct, pointers, chosen pids and a cgroup.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/clone_probe.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(CloneArguments, StructSizesAreChecked,
        {
            .says = "clone3 accepts the struct's three published sizes, fails with EINVAL for "
                    "smaller ones, accepts a larger one whose tail is zero, and fails with E2BIG "
                    "for any other larger one.",
            .item = "123 124",
            .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
            .since = "5.7",
        }) {
  const CloneArguments plain{.exit_signal = SIGCHLD};
  for (const size_t size : {size_t{64}, size_t{80}, size_t{88}}) {
    EXPECT_ERRNO(Clone3Error(plain, size), 0) << size;
  }
  for (const size_t size : {size_t{0}, size_t{8}, size_t{63}}) {
    EXPECT_ERRNO(Clone3Error(plain, size), EINVAL) << size;
  }
  struct {
    CloneArguments arguments;
    std::array<char, 1024> tail{};
  } larger;
  larger.arguments = plain;
  EXPECT_ERRNO(Clone3Error(larger.arguments, sizeof larger), 0);
  larger.tail.back() = 1;
  EXPECT_ERRNO(Clone3Error(larger.arguments, sizeof larger), E2BIG);
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_ERRNO(Clone3Error(plain, page + 8), E2BIG);
}

// Two pages, of which the second cannot be accessed, so that a struct may end exactly at the
// border.
class BorderPage {
 public:
  BorderPage()
      : page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))), memory_(NewMemory(2 * page_)) {
    if (::mprotect(memory_ + page_, page_, PROT_NONE) != 0) ThrowErrno("mprotect", errno);
  }
  ~BorderPage() { ::munmap(memory_, 2 * page_); }
  BorderPage(const BorderPage&) = delete;
  BorderPage& operator=(const BorderPage&) = delete;
  size_t PageBytes() const { return page_; }
  // Calls clone3 with the `size` bytes before the border. They are zero, except for the arguments
  // at their start and for `last`, the last byte. The call claims `beyond` more bytes than there
  // are.
  int Error(const CloneArguments& arguments, size_t size, char last, size_t beyond) const {
    char* const start = memory_ + page_ - size;
    std::memset(start, 0, size);
    std::memcpy(start, &arguments, std::min(size, sizeof arguments));
    if (last != 0) start[size - 1] = last;
    const auto pid = Clone3At(start, size + beyond);
    if (pid == 0) ::_exit(0);
    const int error = pid < 0 ? errno : 0;
    if (pid > 0) (void)Wait4(pid, __WALL);
    return error;
  }

 private:
  size_t page_;
  char* memory_;
};

PROMISE(CloneArguments, EverySizeFromTheFirstOnIsAccepted,
        {
            .says = "clone3 accepts a struct of any size from 64 bytes on, and reads no byte "
                    "beyond that size.",
            .item = "123",
            .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
            .since = "5.5",
        }) {
  const BorderPage memory;
  for (size_t size = 64; size <= 88; ++size) {
    EXPECT_ERRNO(memory.Error(PlainArguments(), size, 0, 0), 0) << "size " << size;
  }
  for (size_t size = 0; size < 64; ++size) {
    EXPECT_ERRNO(memory.Error(PlainArguments(), size, 0, 0), EINVAL) << "size " << size;
  }
}

PROMISE(CloneArguments, OnePageIsTheLargestStruct,
        {
            .says = "clone3 accepts a struct of one page whose tail is zero, and fails with E2BIG "
                    "for a non-zero last byte and for one byte more than a page.",
            .item = "124",
            .authority = "clone3(2); lib/usercopy.c, kernel/fork.c copy_clone_args_from_user()",
            .since = "5.4",
        }) {
  const BorderPage memory;
  const size_t page = memory.PageBytes();
  EXPECT_ERRNO(memory.Error(PlainArguments(), page, 0, 0), 0);
  EXPECT_ERRNO(memory.Error(PlainArguments(), page, 1, 0), E2BIG);
  EXPECT_ERRNO(memory.Error(PlainArguments(), page, 0, 1), E2BIG);
  EXPECT_ERRNO(memory.Error(PlainArguments(), page, 0, static_cast<size_t>(INT_MAX)), E2BIG);
}

PROMISE(CloneArguments, UnmappedStructIsEfault,
        {
            .says = "clone3 fails with EFAULT when its struct, or only the tail of it, is not "
                    "mapped.",
            .item = "125",
            .authority = "clone3(2); lib/usercopy.c",
            .since = "5.3",
        }) {
  const BorderPage memory;
  EXPECT_ERRNO(memory.Error(PlainArguments(), 80, 0, 8), EFAULT);
  EXPECT_ERRNO(memory.Error(PlainArguments(), 88, 0, 8), EFAULT)
      << "the kernel cannot see that the tail is zero";
  EXPECT_ERRNO(memory.Error(PlainArguments(), 88, 0, 0), 0) << "the control";
}

PROMISE(CloneArguments, BadPointersAreEfaultAndLeaveNoChild,
        {
            .says = "clone3 with a bad struct or an unwritable pidfd pointer fails with EFAULT and "
                    "leaves no child.",
            .item = "125 134",
            .authority = "clone3(2); kernel/fork.c copy_process()",
            .since = "5.3",
        }) {
  EXPECT_SYSCALL_FAILS(Clone3At(reinterpret_cast<void*>(8), sizeof(CloneArguments)), EFAULT);
  CloneArguments arguments{.flags = CLONE_PIDFD, .exit_signal = SIGCHLD};
  arguments.pidfd = 8;
  EXPECT_ERRNO(Clone3Error(arguments), EFAULT);
  EXPECT_TRUE(HasNoChild());
}

PROMISE(CloneArguments, LegacyPidfdNeedsAWritableWord,
        {
            .says = "clone with CLONE_PIDFD and an unwritable pointer fails with EFAULT and leaves "
                    "neither a child nor a descriptor.",
            .item = "134",
            .authority = "clone(2) ERRORS; kernel/fork.c copy_process()",
            .since = "5.2",
        }) {
  const sys::Fd before(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_ERRNO(LegacyCloneError(CLONE_PIDFD | SIGCHLD, reinterpret_cast<int*>(8)), EFAULT);
  EXPECT_TRUE(HasNoChild());
  const sys::Fd after(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(after.Get(), before.Get() + 1) << "the next free descriptor number is the same";
}

PROMISE(CloneArguments, SetTidIsValidated,
        {
            .says = "clone3 with set_tid fails with EINVAL without its size, without its pointer, "
                    "for more than 32 levels, and for pids below 1.",
            .item = "132 309",
            .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user(), kernel/pid.c "
                         "alloc_pid()",
            .since = "5.5",
        }) {
  std::array<pid_t, 33> pids{};
  CloneArguments arguments{.exit_signal = SIGCHLD};
  arguments.set_tid = reinterpret_cast<uint64_t>(pids.data());
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL) << "size 0 with a pointer";
  arguments.set_tid_size = pids.size();
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL) << "33 levels";
  arguments.set_tid_size = 1;
  for (const pid_t pid : {0, -1}) {
    pids[0] = pid;
    EXPECT_ERRNO(Clone3Error(arguments), EINVAL) << pid;
  }
  arguments.set_tid = 0;
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL) << "a size without a pointer";
}

PROMISE(CloneArguments, UnreadableSetTidIsEfault,
        {
            .says = "clone3 fails with EFAULT when the array of chosen pids is not mapped, and "
                    "makes no child.",
            .item = "132",
            .authority = "clone3(2); kernel/fork.c copy_clone_args_from_user()",
            .since = "5.5",
        }) {
  CloneArguments arguments = PlainArguments();
  arguments.set_tid = 8;
  arguments.set_tid_size = 1;
  EXPECT_ERRNO(Clone3Error(arguments), EFAULT);
  EXPECT_TRUE(HasNoChild());
}

PROMISE(CloneArguments, SetTidNeedsPrivilege,
        {
            .says = "clone3 with a chosen pid fails with EPERM without CAP_SYS_ADMIN or "
                    "CAP_CHECKPOINT_RESTORE.",
            .item = "309",
            .authority = "clone3(2) ERRORS; kernel/pid.c alloc_pid()",
            .since = "5.5",
        }) {
  const ChildChecks checks(2);
  ScopedChild plain = Fork([&] {
    CHILD_EXPECT_TRUE(checks, DropCapabilities());
    pid_t wanted = 30'000;
    CHILD_EXPECT_ERRNO(checks, Clone3Error(WithPid(&wanted)), EPERM);
  });
  EXPECT_EQ(plain.Reap(), 0);
}

PROMISE(CloneArguments, IntoCgroupNeedsItsField,
        {
            .says = "CLONE_INTO_CGROUP fails with EINVAL with a struct too short for the "
                    "descriptor, and with a descriptor above INT_MAX.",
            .item = "133",
            .authority = "clone3(2) ERRORS; kernel/fork.c copy_clone_args_from_user()",
            .since = "5.7",
        }) {
  CloneArguments arguments = PlainArguments();
  arguments.flags = kCloneIntoCgroup;
  EXPECT_ERRNO(Clone3Error(arguments, 64), EINVAL);
  EXPECT_ERRNO(Clone3Error(arguments, 80), EINVAL);
  arguments.cgroup = uint64_t{INT_MAX} + 1;
  EXPECT_ERRNO(Clone3Error(arguments), EINVAL);
}

PROMISE(CloneArguments, IntoCgroupNeedsACgroup,
        {
            .says = "CLONE_INTO_CGROUP fails with EBADF for a closed descriptor and for one that "
                    "is not a cgroup, and leaves no child.",
            .item = "133",
            .authority = "clone3(2) ERRORS; kernel/cgroup/cgroup.c cgroup_css_set_fork()",
            .since = "5.7",
        }) {
  CloneArguments arguments = PlainArguments();
  arguments.flags = kCloneIntoCgroup;
  arguments.cgroup = 999;
  const int closed = Clone3Error(arguments);
  if (closed == EOPNOTSUPP || closed == ENODEV) GTEST_SKIP() << "no cgroups in this kernel";
  EXPECT_ERRNO(closed, EBADF);
  const sys::Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(folder.Valid());
  arguments.cgroup = static_cast<uint64_t>(folder.Get());
  EXPECT_ERRNO(Clone3Error(arguments), EBADF);
  EXPECT_TRUE(HasNoChild());
}

}  // namespace
}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// Security attributes that a child inherits from the process that forked it.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

// Makes every later getpriority(2) of the calling process fail with EDOM.
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

PROMISE(ForkInheritedSecurity, SeccompFilter,
        {
            .says = "A seccomp filter applies to the children of its process and to their "
                    "children.",
            .item = "56 364",
            .authority = "seccomp(2)",
        }) {
  const ChildChecks checks(4);
  ScopedChild filtered = Fork([&] {
    CHILD_EXPECT_ERRNO(checks, GetpriorityError(), 0);
    if (!RefuseGetpriority()) return 9;
    CHILD_EXPECT_ERRNO(checks, GetpriorityError(), EDOM);
    ScopedChild child = Fork([&] {
      CHILD_EXPECT_ERRNO(checks, GetpriorityError(), EDOM);
      ScopedChild grandchild = Fork([&] { CHILD_EXPECT_ERRNO(checks, GetpriorityError(), EDOM); });
      return grandchild.Reap();
    });
    return child.Reap();
  });
  const int status = filtered.Reap();
  EXPECT_NE(status, 9 << 8) << "no filter could be installed";
  EXPECT_ERRNO(GetpriorityError(), 0) << "the control: the test's own process has no filter";
}

HELPER(ReportSecureBits) { return ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0); }

PROMISE(ForkInheritedSecurity, SecureBits,
        {
            .says = "fork copies the securebits of a process, and execve keeps them except "
                    "SECBIT_KEEP_CAPS.",
            .item = "364 56",
            .authority = "capabilities(7) (The securebits flags)",
        }) {
  constexpr int kBits = SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS;
  const int before = ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
  if (::prctl(PR_SET_SECUREBITS, before | kBits, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this user may not set securebits: " << ErrnoText(errno);
  }
  EXPECT_EQ(before & kBits, 0) << "the control: they were not set before";
  EXPECT_EQ(Fork([] { return ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0); }).Reap(), (before | kBits)
                                                                                    << 8);
  EXPECT_EQ(Fork([] { return ExecHelper("ReportSecureBits", {}); }).Reap(),
            (before | SECBIT_NO_SETUID_FIXUP) << 8);
}

// Linux 6.3 and later. The numbers are part of the kernel's ABI.
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

PROMISE(ForkInheritedSecurity, MemoryDenyWriteExecute,
        {
            .says = "A child inherits PR_SET_MDWE, which keeps memory from becoming executable.",
            .item = "58",
            .authority = "PR_SET_MDWE(2const)",
            .since = "6.3",
        }) {
  if (::prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_SET_MDWE";
  }
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::prctl(kGetMdwe, 0, 0, 0, 0), kRefuseExecGain);
    CHILD_EXPECT_ERRNO(checks, ExecGainError(), EACCES);
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(ForkInheritedSecurity, MemoryDenyWriteExecuteUnlessNoInherit,
        {
            .says = "PR_SET_MDWE with PR_MDWE_NO_INHERIT applies to its caller and not to its "
                    "children.",
            .item = "58",
            .authority = "PR_SET_MDWE(2const)",
            .since = "6.6",
        }) {
  if (::prctl(kSetMdwe, kRefuseExecGain | kNoInherit, 0, 0, 0) != 0) {
    GTEST_SKIP() << "this kernel has no PR_MDWE_NO_INHERIT";
  }
  EXPECT_ERRNO(ExecGainError(), EACCES);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, ::prctl(kGetMdwe, 0, 0, 0, 0), 0);
    CHILD_EXPECT_ERRNO(checks, ExecGainError(), 0);
  });
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance

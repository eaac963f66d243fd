// SPDX-License-Identifier: MIT
// userfaultfd(2) and fork: whether a child's page faults are reported.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

constexpr size_t kPage = 4096;

// A userfaultfd that reports missing pages of `page`, or writes to it, as `mode` says; `features`
// are UFFD_FEATURE_ bits. Invalid, with a sentence in *why, on failure.
sys::Fd CatchFaults(void* page, uint64_t features, std::string* why,
                    uint64_t mode = UFFDIO_REGISTER_MODE_MISSING) {
  constexpr int kUserModeOnly = 1;  // Linux 5.11: needs no privilege
  const int flags = O_CLOEXEC | O_NONBLOCK;
  sys::Fd faults(static_cast<int>(::syscall(SYS_userfaultfd, flags)));
  if (!faults.Valid()) {
    faults = sys::Fd(static_cast<int>(::syscall(SYS_userfaultfd, flags | kUserModeOnly)));
  }
  if (!faults.Valid()) {
    *why = std::string("userfaultfd does not work here: ") + ErrnoText(errno);
    return faults;
  }
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = features;
  uffdio_register range{};
  range.range.start = reinterpret_cast<uintptr_t>(page);
  range.range.len = kPage;
  range.mode = mode;
  if (::ioctl(faults.Get(), UFFDIO_API, &api) != 0 ||
      ::ioctl(faults.Get(), UFFDIO_REGISTER, &range) != 0) {
    *why = std::string("userfaultfd lacks a feature here: ") + ErrnoText(errno);
    faults.Close();
  }
  return faults;
}

// The next event; empty at the test's deadline.
std::optional<uffd_msg> NextEvent(const sys::Fd& faults) {
  pollfd ready{faults.Get(), POLLIN, 0};
  if (::poll(&ready, 1, TestDeadline().PollTimeoutMs()) != 1) return {};
  uffd_msg message{};
  if (::read(faults.Get(), &message, sizeof message) != sizeof message) return {};
  return message;
}

PROMISE(Userfaultfd, IsNotInherited,
        {
            .says = "Without UFFD_FEATURE_EVENT_FORK a child's memory is not watched, so that a "
                    "missing page is simply zero there.",
            .item = "74",
            .authority = "userfaultfd(2); fs/userfaultfd.c dup_userfaultfd()",
            .since = "4.3",
        }) {
  volatile char* const page = NewMemory(kPage);
  std::string why;
  const sys::Fd faults = CatchFaults(const_cast<char*>(page), 0, &why);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ScopedChild child = Fork([&] { return page[0]; });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(PollNow(faults.Get()), 0) << "the parent's descriptor reported nothing";
  const JoinedThread toucher([&] { EXPECT_EQ(page[0], 0); });  // the control: it is watched here
  const std::optional<uffd_msg> message = NextEvent(faults);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->event, UFFD_EVENT_PAGEFAULT);
  uffdio_zeropage zero{};
  zero.range.start = reinterpret_cast<uintptr_t>(page);
  zero.range.len = kPage;
  EXPECT_SYSCALL_SUCCEEDS(::ioctl(faults.Get(), UFFDIO_ZEROPAGE, &zero));
}

PROMISE(Userfaultfd, ForkEventBringsTheChildsDescriptor,
        {
            .says = "With UFFD_FEATURE_EVENT_FORK a fork sends an event with a new descriptor, "
                    "which reports the child's missing pages.",
            .item = "74",
            .authority = "userfaultfd(2) UFFD_FEATURE_EVENT_FORK",
            .since = "4.11",
        }) {
  volatile char* const page = NewMemory(kPage);
  std::string why;
  const sys::Fd faults = CatchFaults(const_cast<char*>(page), UFFD_FEATURE_EVENT_FORK, &why);
  if (!faults.Valid()) GTEST_SKIP() << why;
  std::optional<uffd_msg> event;
  sys::Fd of_child;
  std::optional<ScopedChild> child;
  {
    const JoinedThread reader([&] {  // fork returns only when the event has been read
      event = NextEvent(faults);
      if (event && event->event == UFFD_EVENT_FORK) {
        of_child = sys::Fd(static_cast<int>(event->arg.fork.ufd));
      }
    });
    child.emplace(Fork([&] { return page[0] == 0 ? 0 : 1; }));
  }
  ASSERT_TRUE(event);
  EXPECT_EQ(event->event, UFFD_EVENT_FORK);
  ASSERT_TRUE(of_child.Valid());
  const std::optional<uffd_msg> fault = NextEvent(of_child);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->event, UFFD_EVENT_PAGEFAULT);
  EXPECT_EQ(fault->arg.pagefault.address & ~(kPage - 1), reinterpret_cast<uintptr_t>(page));
  uffdio_zeropage zero{};
  zero.range.start = reinterpret_cast<uintptr_t>(page);
  zero.range.len = kPage;
  EXPECT_SYSCALL_SUCCEEDS(::ioctl(of_child.Get(), UFFDIO_ZEROPAGE, &zero));
  EXPECT_EQ(child->Reap(), 0);
}

// UFFDIO_WRITEPROTECT: turns the reports about writes to the page on or off. The errno, or 0.
int Protect(const sys::Fd& faults, volatile char* page, bool on) {
  uffdio_writeprotect protect{};
  protect.range.start = reinterpret_cast<uintptr_t>(page);
  protect.range.len = kPage;
  protect.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
  return ::ioctl(faults.Get(), UFFDIO_WRITEPROTECT, &protect) == 0 ? 0 : errno;
}

// Expects that a child writes to a protected page without an event, and that the parent's own write
// sends one.
void ExpectProtectionStaysBehind(volatile char* page, const sys::Fd& faults) {
  ASSERT_ERRNO(Protect(faults, page, true), 0);
  ScopedChild child = Fork([&] {
    page[0] = 'c';
    return page[0];
  });
  EXPECT_EQ(child.Reap(), 'c' << 8);
  EXPECT_EQ(PollNow(faults.Get()), 0) << "the parent's descriptor reported nothing";
  const JoinedThread writer([&] { page[1] = 'p'; });  // the control: it is protected here
  const std::optional<uffd_msg> message = NextEvent(faults);
  EXPECT_TRUE(message && message->event == UFFD_EVENT_PAGEFAULT &&
              (message->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) != 0);
  EXPECT_ERRNO(Protect(faults, page, false), 0);
}

PROMISE(Userfaultfd, WriteProtectionIsNotInherited,
        {
            .says = "Without UFFD_FEATURE_EVENT_FORK a child can write to a page that userfaultfd "
                    "protects from writing, and its parent's page stays protected.",
            .item = "74",
            .authority = "userfaultfd(2) UFFDIO_REGISTER_MODE_WP; fs/userfaultfd.c "
                         "dup_userfaultfd()",
            .since = "5.7",
        }) {
  volatile char* const page = NewMemory(kPage);
  page[0] = 'x';
  std::string why;
  const sys::Fd faults = CatchFaults(const_cast<char*>(page), UFFD_FEATURE_PAGEFAULT_FLAG_WP, &why,
                                     UFFDIO_REGISTER_MODE_WP);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ExpectProtectionStaysBehind(page, faults);
  EXPECT_EQ(page[0], 'x') << "the memory is private";
}

PROMISE(Userfaultfd, WriteProtectionMarkersAreNotInherited,
        {
            .says = "fork does not copy the mark of a write-protected page of shared memory that "
                    "no process has touched yet.",
            .item = "74",
            .authority = "userfaultfd(2) UFFD_FEATURE_WP_HUGETLBFS_SHMEM; mm/memory.c "
                         "copy_nonpresent_pte() (pte markers leaked until 6.1.11)",
            .since = "5.19",
        }) {
  char* const memory = NewMemory(kPage, MAP_SHARED);
  constexpr uint64_t kSharedMemory = uint64_t{1} << 12;  // UFFD_FEATURE_WP_HUGETLBFS_SHMEM
  std::string why;
  const sys::Fd faults = CatchFaults(memory, UFFD_FEATURE_PAGEFAULT_FLAG_WP | kSharedMemory, &why,
                                     UFFDIO_REGISTER_MODE_WP);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ExpectProtectionStaysBehind(memory, faults);
}

}  // namespace
}  // namespace procmark::conformance

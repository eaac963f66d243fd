// Copy on write in special memory: huge pages of the pool, userfaultfd, pages under threads at
// work.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

constexpr size_t kPage = 4096;

constexpr size_t kHuge = 2 * 1024 * 1024;

constexpr int kBoth = PROT_READ | PROT_WRITE;

constexpr const char* kPool = "/proc/sys/vm/nr_hugepages";

volatile char* HugeMemory() {
  void* memory = ::mmap(nullptr, kHuge, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<volatile char*>(memory);
}

#define SKIP_WITHOUT_POOL(pages)                                                      \
  if (TextOf(kPool).empty()) GTEST_SKIP() << "this kernel has no pool of huge pages"; \
  const ReplacedSetting pool(kPool, std::to_string(pages));                           \
  if (TextOf(kPool) != std::to_string(pages) + "\n")                                  \
  GTEST_SKIP() << "the pool cannot have " << (pages) << " huge pages now"

PROMISE(Cow, PoolPageIsolates,
        {.says = "A private mapping of the huge page pool isolates after fork.",
         .item = "71",
         .authority = "mmap(2) MAP_HUGETLB; mm/hugetlb.c hugetlb_wp()",
         .tags = "destructive"}) {
  SKIP_UNLESS_DESTRUCTIVE();
  SKIP_WITHOUT_POOL(2);
  volatile char* const huge = HugeMemory();
  ASSERT_NE(huge, nullptr);
  huge[0] = 'A';
  ScopedChild child = Fork([&] {
    if (huge[0] != 'A') return 1;
    huge[0] = 'C';
    return huge[0] == 'C' ? 0 : 2;
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(huge[0], 'A');
  ::munmap(const_cast<char*>(huge), kHuge);
}

PROMISE(Cow, EmptyPoolKillsTheWritingChild,
        {.says = "With the pool of huge pages empty a child's write ends the child with SIGBUS; "
                 "the parent's page stays.",
         .item = "71",
         .authority = "mm/hugetlb.c hugetlb_wp()",
         .kind = Kind::kLinux,
         .tags = "destructive"}) {
  SKIP_UNLESS_DESTRUCTIVE();
  SKIP_WITHOUT_POOL(1);
  volatile char* const huge = HugeMemory();
  ASSERT_NE(huge, nullptr);
  huge[0] = 'A';
  ScopedChild child = Fork([&] {
    if (huge[0] != 'A') return 1;
    huge[0] = 'C';
    return 2;
  });
  EXPECT_EQ(child.Reap() & 0x7f, SIGBUS);
  EXPECT_EQ(huge[0], 'A');
  huge[0] = 'P';
  EXPECT_EQ(huge[0], 'P');
  ::munmap(const_cast<char*>(huge), kHuge);
}

PROMISE(Cow, EmptyPoolTakesThePageFromTheChild,
        {.says = "With the pool of huge pages empty the parent's write succeeds, and a child that "
                 "touches the page afterwards ends with SIGBUS.",
         .item = "71",
         .authority = "mm/hugetlb.c hugetlb_wp() unmap_ref_private()",
         .kind = Kind::kLinux,
         .tags = "destructive"}) {
  SKIP_UNLESS_DESTRUCTIVE();
  SKIP_WITHOUT_POOL(1);
  volatile char* const huge = HugeMemory();
  ASSERT_NE(huge, nullptr);
  huge[0] = 'A';
  const Handshake go_on;
  ScopedChild child = Fork([&] {
    if (!go_on.Await()) return 1;
    return huge[0] == 'A' ? 2 : 3;
  });
  huge[0] = 'P';
  EXPECT_EQ(huge[0], 'P');
  go_on.Notify();
  EXPECT_EQ(child.Reap() & 0x7f, SIGBUS);
  ::munmap(const_cast<char*>(huge), kHuge);
}

// A userfaultfd that catches missing pages of `page`, or writes to it. Invalid, with a sentence in
// *why, when the machine refuses; `features` are UFFD_FEATURE_ bits.
sys::Fd CatchFaults(void* page, uint64_t features, std::string* why,
                    uint64_t mode = UFFDIO_REGISTER_MODE_MISSING) {
  constexpr int kUserModeOnly = 1;  // Linux 5.11: needs no privilege
  const int flags = O_CLOEXEC | O_NONBLOCK;
  sys::Fd faults(static_cast<int>(::syscall(SYS_userfaultfd, flags)));
  if (!faults.Valid()) {
    faults = sys::Fd(static_cast<int>(::syscall(SYS_userfaultfd, flags | kUserModeOnly)));
  }
  if (!faults.Valid()) {
    *why = std::string("userfaultfd does not work here: ") + std::strerror(errno);
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
    *why = std::string("userfaultfd lacks what the test needs: ") + std::strerror(errno);
    faults.Close();
  }
  return faults;
}

// The next event, or nothing at the test's deadline.
std::optional<uffd_msg> NextEvent(const sys::Fd& faults) {
  pollfd ready{faults.Get(), POLLIN, 0};
  if (::poll(&ready, 1, TestDeadline().PollTimeoutMs()) != 1) return {};
  uffd_msg message{};
  if (::read(faults.Get(), &message, sizeof message) != sizeof message) return {};
  return message;
}

void* FreshPage() {
  void* page = ::mmap(nullptr, kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) ThrowErrno("mmap", errno);
  return page;
}

PROMISE(
    Cow, UserfaultfdIsNotInherited,
    {.says = "Without UFFD_FEATURE_EVENT_FORK the child's memory is not watched: a missing page "
             "is simply zero there.",
     .item = "74",
     .authority = "userfaultfd(2); fs/userfaultfd.c dup_userfaultfd()",
     .since = "4.3"}) {
  auto* const page = static_cast<volatile char*>(FreshPage());
  std::string why;
  const sys::Fd faults = CatchFaults(const_cast<char*>(page), 0, &why);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ScopedChild child = Fork([&] { return page[0]; });
  EXPECT_EQ(child.Reap(), 0);
  pollfd event{faults.Get(), POLLIN, 0};
  EXPECT_EQ(::poll(&event, 1, 0), 0) << "the parent's descriptor saw nothing";
  const JoinedThread toucher([&] { EXPECT_EQ(page[0], 0); });  // the decoy: it is watched here
  const std::optional<uffd_msg> message = NextEvent(faults);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->event, UFFD_EVENT_PAGEFAULT);
  uffdio_zeropage zero{};
  zero.range.start = reinterpret_cast<uintptr_t>(page);
  zero.range.len = kPage;
  EXPECT_EQ(::ioctl(faults.Get(), UFFDIO_ZEROPAGE, &zero), 0);
}

PROMISE(
    Cow, UserfaultfdForkEventBringsTheChildsOwn,
    {.says = "With UFFD_FEATURE_EVENT_FORK a fork sends an event with a new descriptor, and the "
             "child's missing pages are reported there.",
     .item = "74",
     .authority = "userfaultfd(2) UFFD_FEATURE_EVENT_FORK",
     .since = "4.11"}) {
  auto* const page = static_cast<volatile char*>(FreshPage());
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
  EXPECT_EQ(::ioctl(of_child.Get(), UFFDIO_ZEROPAGE, &zero), 0);
  EXPECT_EQ(child->Reap(), 0);
}

// UFFDIO_WRITEPROTECT: writes to the page are reported, or not any more. The errno, or 0.
int Protect(const sys::Fd& faults, volatile char* page, bool on) {
  uffdio_writeprotect protect{};
  protect.range.start = reinterpret_cast<uintptr_t>(page);
  protect.range.len = kPage;
  protect.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
  return ::ioctl(faults.Get(), UFFDIO_WRITEPROTECT, &protect) == 0 ? 0 : errno;
}

// The child writes to a protected page of ours without an event, the parent's own write is one.
void ExpectProtectionStaysBehind(volatile char* page, const sys::Fd& faults) {
  ASSERT_EQ(Protect(faults, page, true), 0);
  ScopedChild child = Fork([&] {
    page[0] = 'c';
    return page[0];
  });
  EXPECT_EQ(child.Reap(), 'c' << 8);
  pollfd event{faults.Get(), POLLIN, 0};
  EXPECT_EQ(::poll(&event, 1, 0), 0) << "the parent's descriptor saw nothing";
  const JoinedThread writer([&] { page[1] = 'p'; });  // the decoy: it is protected here
  const std::optional<uffd_msg> message = NextEvent(faults);
  EXPECT_TRUE(message && message->event == UFFD_EVENT_PAGEFAULT &&
              (message->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) != 0);
  EXPECT_EQ(Protect(faults, page, false), 0);
}

PROMISE(Cow, WriteProtectionIsNotInherited,
        {.says = "Without UFFD_FEATURE_EVENT_FORK a page that userfaultfd protects from writing "
                 "can be written by a child; its parent stays watched.",
         .item = "74",
         .authority = "userfaultfd(2) UFFDIO_REGISTER_MODE_WP; fs/userfaultfd.c "
                      "dup_userfaultfd()",
         .since = "5.7"}) {
  auto* const page = static_cast<volatile char*>(FreshPage());
  page[0] = 'x';
  std::string why;
  const sys::Fd faults = CatchFaults(const_cast<char*>(page), UFFD_FEATURE_PAGEFAULT_FLAG_WP, &why,
                                     UFFDIO_REGISTER_MODE_WP);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ExpectProtectionStaysBehind(page, faults);
  EXPECT_EQ(page[0], 'x') << "private memory";
}

PROMISE(Cow, WriteProtectionMarkersAreNotInherited,
        {.says = "The mark of a protected page of shared memory that nobody has touched yet is "
                 "not copied by fork.",
         .item = "74",
         .authority = "userfaultfd(2) UFFD_FEATURE_WP_HUGETLBFS_SHMEM; mm/memory.c "
                      "copy_nonpresent_pte() (pte markers leaked until 6.1.11)",
         .since = "5.19"}) {
  void* const memory = ::mmap(nullptr, kPage, kBoth, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  constexpr uint64_t kSharedMemory = uint64_t{1} << 12;  // UFFD_FEATURE_WP_HUGETLBFS_SHMEM
  std::string why;
  const sys::Fd faults = CatchFaults(memory, UFFD_FEATURE_PAGEFAULT_FLAG_WP | kSharedMemory, &why,
                                     UFFDIO_REGISTER_MODE_WP);
  if (!faults.Valid()) GTEST_SKIP() << why;
  ExpectProtectionStaysBehind(static_cast<volatile char*>(memory), faults);
}

// A thread writes its number to the first and the last word of each of its pages, and reads back
// what it wrote before. Returns the number of writes that were lost.
int WriteAndCount(volatile uint64_t* memory, size_t pages, const std::atomic<bool>& stop) {
  constexpr size_t kWords = kPage / sizeof(uint64_t);
  int lost = 0;
  for (uint64_t round = 1; !stop.load(); ++round) {
    for (size_t page = 0; page < pages; ++page) {
      volatile uint64_t* const words = memory + page * kWords;
      if (words[0] != round - 1 || words[kWords - 1] != round - 1) ++lost;
      words[0] = round;
      words[kWords - 1] = round;
    }
  }
  return lost;
}

PROMISE(Cow, ForksUnderWritingThreadsLoseNothing,
        {.says = "While threads write, 100 forks lose no write of theirs and tear no page of the "
                 "children.",
         .item = "73",
         .authority = "fork(2); kernel/fork.c dup_mmap() (vma_start_write)",
         .tags = "race"}) {
  constexpr size_t kPages = 32;
  constexpr size_t kWords = kPage / sizeof(uint64_t);
  constexpr int kThreads = 2;
  void* room =
      ::mmap(nullptr, kThreads * kPages * kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(room, MAP_FAILED);
  auto* const memory = static_cast<volatile uint64_t*>(room);
  std::atomic<bool> stop{false};
  std::atomic<int> lost{0};
  int torn = 0;
  {
    const auto write = [&](size_t thread) {
      lost += WriteAndCount(memory + thread * kPages * kWords, kPages, stop);
    };
    const JoinedThread first([&] { write(0); });
    const JoinedThread second([&] { write(1); });
    for (int round = 0; AnotherRound(round, 100); ++round) {
      ScopedChild child = Fork([&] {
        for (size_t page = 0; page < kThreads * kPages; ++page) {
          const uint64_t head = memory[page * kWords];
          const uint64_t tail = memory[(page + 1) * kWords - 1];
          if (head != tail && head != tail + 1) return 1;
          if (memory[page * kWords] != head) return 2;  // the parent's later write was seen
        }
        return 0;
      });
      if (child.Reap() != 0) ++torn;
    }
    stop.store(true);
  }
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(lost.load(), 0);
}

}  // namespace
}  // namespace procmark::conformance

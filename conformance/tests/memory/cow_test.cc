// SPDX-License-Identifier: MIT
// Copy on write after fork: which process keeps a page to which others refer as well.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/io_ring.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "conformance/vocabulary/tracing.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

constexpr size_t kPage = 4096;

constexpr int kBoth = PROT_READ | PROT_WRITE;

// Puts the page itself, not a copy of it, into the pipe.
bool Splice(volatile char* page, const sys::Pipe& pipe) {
  const iovec range{const_cast<char*>(page), kPage};
  return ::vmsplice(pipe.write.Get(), &range, 1, 0) == static_cast<ssize_t>(kPage);
}

char FirstByteOf(const sys::Pipe& pipe) {
  char bytes[kPage] = "";
  return ::read(pipe.read.Get(), bytes, kPage) == static_cast<ssize_t>(kPage) ? bytes[0] : '?';
}

PROMISE(Cow, PageHeldByTheChildHidesTheParentsWrites,
        {
            .says = "A child that put a page into a pipe and unmapped it cannot read from the pipe "
                    "what its parent writes to that page later (CVE-2020-29374).",
            .item = "62",
            .authority = "vmsplice(2); mm/memory.c do_wp_page()",
            .since = "5.8",
        }) {
  const sys::Pipe pipe = MakePipe();
  volatile char* const page = NewMemory(kPage);
  page[0] = 'A';
  const Handshake spliced;
  const Handshake end;
  ScopedChild child = Fork([&] {
    if (!Splice(page, pipe)) return 1;
    ::munmap(const_cast<char*>(page), kPage);
    spliced.Notify();
    return end.Await() ? 0 : 2;
  });
  ASSERT_TRUE(spliced.Await());
  page[0] = 'S';
  EXPECT_EQ(FirstByteOf(pipe), 'A');
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Cow, PageHeldByTheParentHidesTheChildsWrites,
        {
            .says = "What a child writes to a page that its parent put into a pipe before the fork "
                    "does not appear in the pipe.",
            .item = "63",
            .authority = "vmsplice(2), fork(2); mm/memory.c do_wp_page()",
        }) {
  const sys::Pipe pipe = MakePipe();
  volatile char* const page = NewMemory(kPage);
  page[0] = 'A';
  ASSERT_TRUE(Splice(page, pipe));
  ScopedChild child = Fork([&] {
    page[0] = 'C';
    return page[0] == 'C' ? 0 : 1;
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(FirstByteOf(pipe), 'A');
  EXPECT_EQ(page[0], 'A');
}

PROMISE(Cow, PinnedPageStaysTheParents,
        {
            .says = "A page that io_uring has pinned stays the parent's across fork: the kernel "
                    "reads what the parent writes to it afterwards, and the child has a copy.",
            .item = "64",
            .authority = "io_uring_register(2); mm/memory.c copy_present_page()",
            .since = "5.9",
            .kind = Kind::kLinux,
        }) {
  std::string why;
  std::optional<IoRing> ring = IoRing::Create(&why);
  if (!ring) GTEST_SKIP() << why;
  volatile char* const page = NewMemory(kPage);
  page[0] = 'A';
  const int refused = ring->RegisterBuffer({const_cast<char*>(page), kPage});
  if (refused != 0) GTEST_SKIP() << "this user may not pin memory: " << ErrnoText(refused);
  const sys::Pipe pipe = MakePipe();
  const Handshake written;
  const Handshake go_on;
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    if (!go_on.Await()) return 1;
    CHILD_EXPECT_EQ(checks, page[0], 'A');
    page[0] = 'C';
    written.Notify();
    return go_on.Await() ? 0 : 2;
  });
  page[0] = 'P';
  go_on.Notify();
  ASSERT_TRUE(written.Await());
  io_uring_sqe request{};
  request.opcode = IORING_OP_WRITE_FIXED;
  request.fd = pipe.write.Get();
  request.addr = reinterpret_cast<uintptr_t>(page);
  request.len = kPage;
  ASSERT_ERRNO(ring->Submit(request), 0);
  ASSERT_EQ(ring->AwaitResult(), static_cast<int>(kPage));
  EXPECT_EQ(FirstByteOf(pipe), 'P');
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Cow, UntouchedAndZeroPagesIsolate,
        {
            .says = "After fork writes to pages that the parent never touched, or only read, are "
                    "not visible on the other side.",
            .item = "67",
            .authority = "fork(2); mm/memory.c do_anonymous_page()",
        }) {
  volatile char* const memory = NewMemory(2 * kPage);
  ASSERT_EQ(memory[kPage], 0);  // it is the zero page now
  const Handshake written;
  const Handshake go_on;
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    memory[0] = 'C';
    memory[kPage] = 'C';
    written.Notify();
    if (!go_on.Await()) return 1;
    CHILD_EXPECT_EQ(checks, memory[0], 'C');
    CHILD_EXPECT_EQ(checks, memory[kPage], 'C');
    return 0;
  });
  ASSERT_TRUE(written.Await());
  EXPECT_EQ(memory[0], 0);
  EXPECT_EQ(memory[kPage], 0);
  memory[0] = 'P';
  memory[kPage] = 'P';
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

// Writes one byte to a child's memory as a debugger does, regardless of its protection. The errno,
// or 0; EIO where the kernel refuses that even to debuggers (proc_mem.force_override=never).
int ForceWriteError(const ScopedChild& child, const volatile char* at, char byte) {
  const pid_t pid = child.Number();
  const std::string path = ProcPath(pid, "mem");
  const sys::Fd memory(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!memory.Valid()) return errno;
  Seize(pid, 0);  // a kernel may let only a tracer force a write
  // Half of a 32-bit address space lies beyond the largest plain off_t.
  const auto offset = static_cast<off64_t>(reinterpret_cast<uintptr_t>(at));
  return ::pwrite64(memory.Get(), &byte, 1, offset) == 1 ? 0 : errno;
}

#define FORCE_WRITE_OR_SKIP(child, at, byte)                                   \
  const int refused = ForceWriteError(child, at, byte);                        \
  if (refused == EIO) GTEST_SKIP() << "this kernel never forces writes (EIO)"; \
  ASSERT_ERRNO(refused, 0) << ErrnoText(refused)

PROMISE(Cow, ForcedWriteBreaksSharing,
        {
            .says = "A write through /proc/PID/mem to a read-only page that parent and child share "
                    "is visible only to the child.",
            .item = "68",
            .authority = "proc_pid_mem(5); mm/gup.c (FOLL_FORCE)",
        }) {
  volatile char* const page = NewMemory(kPage);
  page[0] = 'A';
  ASSERT_SYSCALL_SUCCEEDS(::mprotect(const_cast<char*>(page), kPage, PROT_READ));
  const Handshake go_on;
  ScopedChild child = Fork([&] {
    if (!go_on.Await()) return 1;
    return page[0] == 'F' ? 0 : 2;
  });
  FORCE_WRITE_OR_SKIP(child, page, 'F');
  EXPECT_EQ(page[0], 'A');
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Cow, ForcedWriteDoesNotReachTheFile,
        {
            .says = "A write through /proc/PID/mem to a read-only private mapping of a file "
                    "changes neither the file nor the other process (CVE-2016-5195).",
            .item = "68",
            .authority = "proc_pid_mem(5), mmap(2) MAP_PRIVATE; mm/gup.c",
        }) {
  const sys::Fd file = MemoryFile(kPage);
  ASSERT_EQ(::pwrite(file.Get(), "A", 1, 0), 1);
  void* mapped = ::mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file.Get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const auto* const page = static_cast<const volatile char*>(mapped);
  ASSERT_EQ(page[0], 'A');
  const Handshake go_on;
  ScopedChild child = Fork([&] {
    if (!go_on.Await()) return 1;
    return page[0] == 'F' ? 0 : 2;
  });
  FORCE_WRITE_OR_SKIP(child, page, 'F');
  EXPECT_EQ(page[0], 'A');
  char byte = 0;
  EXPECT_EQ(::pread(file.Get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'A');
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Cow, ProtectionChangedAroundForkIsolates,
        {
            .says = "A page that was read-only at the fork and becomes writable afterwards is "
                    "private on both sides.",
            .item = "70",
            .authority = "mprotect(2), fork(2); mm/mprotect.c",
        }) {
  volatile char* const page = NewMemory(kPage);
  page[0] = 'A';
  void* const start = const_cast<char*>(page);
  ASSERT_SYSCALL_SUCCEEDS(::mprotect(start, kPage, PROT_READ));
  const Handshake written;
  const Handshake go_on;
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::mprotect(start, kPage, kBoth));
    CHILD_EXPECT_EQ(checks, page[0], 'A');
    page[0] = 'C';
    written.Notify();
    if (!go_on.Await()) return 1;
    CHILD_EXPECT_EQ(checks, page[0], 'C');
    return 0;
  });
  ASSERT_TRUE(written.Await());
  EXPECT_EQ(page[0], 'A');
  ASSERT_SYSCALL_SUCCEEDS(::mprotect(start, kPage, kBoth));
  page[0] = 'P';
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

// Writes a round's number to the first and the last word of each page, and checks that they hold
// the number of the round before. The count of writes that were lost.
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
        {
            .says = "While threads write, 100 forks lose no write and no child sees a page that is "
                    "half written.",
            .item = "73",
            .authority = "fork(2); kernel/fork.c dup_mmap() (vma_start_write)",
            .tags = "race",
        }) {
  constexpr size_t kPages = 32;
  constexpr size_t kWords = kPage / sizeof(uint64_t);
  constexpr int kThreads = 2;
  auto* const memory = reinterpret_cast<volatile uint64_t*>(NewMemory(kThreads * kPages * kPage));
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
          if (memory[page * kWords] != head) return 2;  // the parent's later write was visible
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

// SPDX-License-Identifier: MIT
// What fork(2) does with mappings: which it copies, which stay shared, and what happens to memory
// locks.
#include "conformance/vocabulary/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/children.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(Memory, PrivateIsCopiedAndSharedStaysCommon,
        {
            .says = "fork copies private memory, so that neither side sees the other's writes, and "
                    "MAP_SHARED memory stays shared.",
            .item = "51 52 60",
            .authority = "fork(2), mmap(2); POSIX.1 fork",
        }) {
  volatile int copied = 1;
  const Shared<std::atomic<int>> common;
  const Handshake written;
  const Handshake go_on;
  const ChildChecks checks(1);
  ScopedChild child = Fork([&] {
    if (!go_on.Await()) return 1;
    CHILD_EXPECT_EQ(checks, copied, 1);  // the parent wrote 2 before it notified
    copied = 3;
    common->store(4);
    written.Notify();
    return 0;
  });
  copied = 2;
  go_on.Notify();
  ASSERT_TRUE(written.Await());
  EXPECT_EQ(copied, 2);
  EXPECT_EQ(common->load(), 4);
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(Memory, PrivateFileMappingIsolates,
        {
            .says = "A child's write to a page of a MAP_PRIVATE file changes neither the file nor "
                    "its parent.",
            .item = "61",
            .authority = "mmap(2)",
        }) {
  const sys::Fd file = MemoryFile(4096);
  ASSERT_EQ(::pwrite(file.Get(), "A", 1, 0), 1);
  auto* const page = static_cast<volatile char*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.Get(), 0));
  ASSERT_NE(static_cast<volatile void*>(page), MAP_FAILED);
  ScopedChild child = Fork([&] {
    page[0] = 'B';
    return page[0] == 'B' ? 0 : 1;
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(page[0], 'A');
  char byte = 0;
  EXPECT_EQ(::pread(file.Get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'A');
}

PROMISE(Memory, SixteenGenerationsAreEachPrivate,
        {
            .says = "In a chain of 16 forks each generation sees its ancestors' writes and hides "
                    "its own from them.",
            .item = "69",
            .authority = "fork(2); kernel/fork.c dup_mmap()",
        }) {
  constexpr int kGenerations = 16;
  const ChildChecks checks(2 * kGenerations);
  volatile int counter = 0;
  const std::function<int(int)> descend = [&](int depth) -> int {
    if (depth == kGenerations) return 0;
    ScopedChild child = Fork([&, depth] {
      CHILD_EXPECT_EQ(checks, counter, depth);
      counter = depth + 1;
      const int status = descend(depth + 1);
      CHILD_EXPECT_EQ(checks, counter, depth + 1);
      return status;
    });
    return child.Reap() == 0 ? 0 : 1;
  };
  EXPECT_EQ(descend(0), 0);
  EXPECT_EQ(counter, 0);
}

PROMISE(Memory, LocksAreNotInherited,
        {
            .says = "fork copies neither memory locks nor mlockall(MCL_FUTURE): VmLck is 0 in the "
                    "child.",
            .item = "35",
            .authority = "mlock(2), fork(2); kernel/fork.c dup_mmap()",
        }) {
  constexpr size_t kBytes = 16 * 1024;
  char* const memory = NewMemory(kBytes);
  if (::mlock(memory, kBytes) != 0) GTEST_SKIP() << "this user may not lock memory here";
  EXPECT_NE(StatusLine(::getpid(), "VmLck"), "0 kB")
      << "the control: the parent's memory is locked";
  const Handshake end;
  ScopedChild child = ForkUntil(end);
  EXPECT_EQ(StatusLine(child.Number(), "VmLck"), "0 kB");
  end.Notify();
  EXPECT_EQ(child.Reap(), 0);
  ::munmap(memory, kBytes);
}

size_t PageBytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

PROMISE(Memory, FutureLocksAreNotInherited,
        {
            .says = "mlockall(MCL_FUTURE) applies to its caller's new mappings, not to its "
                    "child's.",
            .item = "35",
            .authority = "mlockall(2); kernel/fork.c dup_mmap() (VM_LOCKED_MASK)",
        }) {
  ScopedChild locking = Fork([] {
    if (::mlockall(MCL_FUTURE) != 0) return 10;
    const size_t bytes = 4 * PageBytes();
    char* const own = NewMemory(bytes);
    unsigned char resident[4] = {};
    if (::mincore(own, bytes, resident) != 0 || (resident[3] & 1) == 0) return 11;
    ScopedChild child = Fork([&] {
      char* const fresh = NewMemory(bytes);
      if (::mincore(fresh, bytes, resident) != 0) return 1;
      return (resident[3] & 1) == 0 ? 0 : 2;  // the kernel fills a locked mapping at once
    });
    return child.Reap() >> 8;
  });
  const int status = locking.Reap();
  if (status == 10 << 8) GTEST_SKIP() << "this user may not lock memory here";
  EXPECT_NE(status, 11 << 8) << "the control: the caller's own new mapping is locked";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace procmark::conformance

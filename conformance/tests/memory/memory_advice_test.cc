// SPDX-License-Identifier: MIT
// The advice of madvise(2) about fork.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

PROMISE(MemoryAdvice, DontForkRangeIsAbsent,
        {
            .says = "A range with MADV_DONTFORK is not mapped in the child, and its neighbour is.",
            .item = "75",
            .authority = "madvise(2) MADV_DONTFORK",
            .since = "2.6.16",
        }) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  char* const memory = NewMemory(2 * page);
  ASSERT_SYSCALL_SUCCEEDS(::madvise(memory, page, MADV_DONTFORK));
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    unsigned char resident[1];
    const int absent = ::mincore(memory, page, resident);
    CHILD_EXPECT_SYSCALL_FAILS(checks, absent, ENOMEM);
    CHILD_EXPECT_SYSCALL_SUCCEEDS(checks, ::mincore(memory + page, page, resident));
  });
  EXPECT_EQ(child.Reap(), 0);
  ::munmap(memory, 2 * page);
}

PROMISE(MemoryAdvice, WipeOnForkReadsZeroInEveryGeneration,
        {
            .says = "A range with MADV_WIPEONFORK is zero in the child and, after the child wrote "
                    "to it, in the grandchild, and unchanged in the parent.",
            .item = "76 77",
            .authority = "madvise(2) MADV_WIPEONFORK",
            .since = "4.14",
        }) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  volatile char* const memory = NewMemory(2 * page);
  ASSERT_SYSCALL_SUCCEEDS(::madvise(const_cast<char*>(memory), page, MADV_WIPEONFORK));
  memory[0] = 'A';
  memory[page] = 'B';  // the control: this page is not wiped
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, memory[0], 0);
    CHILD_EXPECT_EQ(checks, memory[page], 'B');
    memory[0] = 'C';
    ScopedChild grandchild = Fork([&] { CHILD_EXPECT_EQ(checks, memory[0], 0); });
    return grandchild.Reap();
  });
  EXPECT_EQ(child.Reap(), 0);
  EXPECT_EQ(memory[0], 'A');
}

size_t PageBytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

// Anonymous private memory, filled with 'A'. The end of the test unmaps it.
char* Filled(size_t pages) {
  char* const memory = NewMemory(pages * PageBytes());
  std::memset(memory, 'A', pages * PageBytes());
  return memory;
}

int AdviceError(void* memory, size_t bytes, int advice) {
  return ::madvise(memory, bytes, advice) == 0 ? 0 : errno;
}

PROMISE(MemoryAdvice, KeepOnForkUndoesWipe,
        {
            .says = "MADV_KEEPONFORK undoes MADV_WIPEONFORK, so that the child reads its parent's "
                    "bytes.",
            .item = "76",
            .authority = "madvise(2) MADV_KEEPONFORK",
            .since = "4.14",
        }) {
  char* const kept = Filled(1);
  char* const wiped = Filled(1);
  ASSERT_ERRNO(AdviceError(kept, PageBytes(), MADV_WIPEONFORK), 0);
  ASSERT_ERRNO(AdviceError(kept, PageBytes(), MADV_KEEPONFORK), 0);
  ASSERT_ERRNO(AdviceError(wiped, PageBytes(), MADV_WIPEONFORK), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, kept[0], 'A');
    CHILD_EXPECT_EQ(checks, wiped[0], 0);
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(MemoryAdvice, WipeOnForkIsForPrivateAnonymousMemoryOnly,
        {
            .says = "MADV_WIPEONFORK fails with EINVAL for a shared mapping and for a mapping of a "
                    "file.",
            .item = "78",
            .authority = "madvise(2) MADV_WIPEONFORK; mm/madvise.c madvise_behavior_valid()",
            .since = "4.14",
        }) {
  const sys::Fd file = MemoryFile(65536);
  const int both = PROT_READ | PROT_WRITE;
  char* const shared = NewMemory(PageBytes(), MAP_SHARED);
  void* of_file = ::mmap(nullptr, PageBytes(), both, MAP_PRIVATE, file.Get(), 0);
  ASSERT_NE(of_file, MAP_FAILED);
  EXPECT_ERRNO(AdviceError(shared, PageBytes(), MADV_WIPEONFORK), EINVAL);
  EXPECT_ERRNO(AdviceError(of_file, PageBytes(), MADV_WIPEONFORK), EINVAL);
  EXPECT_ERRNO(AdviceError(Filled(1), PageBytes(), MADV_WIPEONFORK), 0)
      << "the control: a valid call";
}

// True when the page at `page` is mapped in the calling process.
bool IsMapped(char* page) {
  unsigned char resident[1];
  return ::mincore(page, PageBytes(), resident) == 0;
}

PROMISE(MemoryAdvice, DoForkUndoesDontFork,
        {
            .says = "MADV_DOFORK undoes MADV_DONTFORK, so that the child has the range mapped "
                    "again.",
            .item = "79",
            .authority = "madvise(2) MADV_DOFORK",
            .since = "2.6.16",
        }) {
  char* const undone = Filled(1);
  char* const absent = Filled(1);
  ASSERT_ERRNO(AdviceError(undone, PageBytes(), MADV_DONTFORK), 0);
  ASSERT_ERRNO(AdviceError(undone, PageBytes(), MADV_DOFORK), 0);
  ASSERT_ERRNO(AdviceError(absent, PageBytes(), MADV_DONTFORK), 0);
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, IsMapped(undone) && undone[0] == 'A');
    CHILD_EXPECT_TRUE(checks, !IsMapped(absent));
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(MemoryAdvice, DontForkSurvivesSplit,
        {
            .says = "MADV_DONTFORK on a range stays with both halves when the range is split, and "
                    "MADV_DOFORK on one page undoes it for that page only.",
            .item = "79",
            .authority = "madvise(2) MADV_DONTFORK; mm/madvise.c",
            .since = "2.6.16",
        }) {
  char* const memory = Filled(3);
  ASSERT_ERRNO(AdviceError(memory, 3 * PageBytes(), MADV_DONTFORK), 0);
  ASSERT_SYSCALL_SUCCEEDS(::mprotect(memory, PageBytes(), PROT_READ));
  ASSERT_ERRNO(AdviceError(memory + 2 * PageBytes(), PageBytes(), MADV_DOFORK), 0);
  const ChildChecks checks(3);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_TRUE(checks, !IsMapped(memory));
    CHILD_EXPECT_TRUE(checks, !IsMapped(memory + PageBytes()));
    CHILD_EXPECT_TRUE(checks, IsMapped(memory + 2 * PageBytes()));
  });
  EXPECT_EQ(child.Reap(), 0);
}

PROMISE(MemoryAdvice, MovesWithItsMemory,
        {
            .says = "MADV_WIPEONFORK and MADV_DONTFORK stay with memory that mremap moves.",
            .item = "79",
            .authority = "madvise(2), mremap(2); mm/mremap.c move_vma()",
            .kind = Kind::kLinux,
        }) {
  char* const wiped = Filled(1);
  char* const absent = Filled(1);
  char* const targets = Filled(4);
  ASSERT_ERRNO(AdviceError(wiped, PageBytes(), MADV_WIPEONFORK), 0);
  ASSERT_ERRNO(AdviceError(absent, PageBytes(), MADV_DONTFORK), 0);
  const int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  char* const moved = targets + PageBytes();
  char* const moved_absent = targets + 2 * PageBytes();
  ASSERT_EQ(::mremap(wiped, PageBytes(), PageBytes(), flags, moved), moved);
  ASSERT_EQ(::mremap(absent, PageBytes(), PageBytes(), flags, moved_absent), moved_absent);
  EXPECT_EQ(moved[0], 'A');
  const ChildChecks checks(4);
  ScopedChild child = Fork([&] {
    CHILD_EXPECT_EQ(checks, targets[0], 'A');
    CHILD_EXPECT_EQ(checks, moved[0], 0);
    CHILD_EXPECT_TRUE(checks, !IsMapped(moved_absent));
    CHILD_EXPECT_TRUE(checks, IsMapped(targets + 3 * PageBytes()));
  });
  EXPECT_EQ(child.Reap(), 0);
}

}  // namespace
}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// Copy on write of huge pages after fork: of transparent ones, and of those in the pool.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>

#include "conformance/vocabulary/child_checks.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

constexpr int kBoth = PROT_READ | PROT_WRITE;

// The value in KiB of one line of smaps, for the mapping that starts at `address`; -1 when there is
// no such line.
long MappingKib(const volatile char* address, const std::string& line) {
  const std::string smaps = TextOf("/proc/self/smaps");
  char head[32];
  std::snprintf(head, sizeof head, "%lx-", reinterpret_cast<unsigned long>(address));
  const size_t mapping = smaps.find(head);
  if (mapping == std::string::npos) return -1;
  const size_t at = smaps.find(line, mapping);
  return at == std::string::npos ? -1 : ValueIn(smaps.substr(at), line, -1);
}

PROMISE(CowHugePage, TransparentPageIsolates,
        {
            .says = "After fork neither side sees what the other writes to a transparent huge "
                    "page, at its start or at its end.",
            .item = "66",
            .authority = "fork(2); mm/huge_memory.c do_huge_pmd_wp_page()",
        }) {
  constexpr size_t kHuge = 2 * 1024 * 1024;
  volatile char* const room = NewMemory(2 * kHuge);
  const size_t ahead = (kHuge - reinterpret_cast<uintptr_t>(room) % kHuge) % kHuge;
  ::munmap(const_cast<char*>(room), ahead);
  volatile char* const huge = room + ahead;
  ::munmap(const_cast<char*>(huge) + kHuge, kHuge - ahead);
  if (::madvise(const_cast<char*>(huge), kHuge, MADV_HUGEPAGE) != 0) {
    GTEST_SKIP() << "this kernel has no transparent huge pages";
  }
  huge[0] = 'A';
  if (MappingKib(huge, "AnonHugePages:") != 2048) {
    GTEST_SKIP() << "the kernel gave no huge page; transparent_hugepage/enabled: "
                 << TextOf("/sys/kernel/mm/transparent_hugepage/enabled");
  }
  huge[kHuge - 1] = 'A';
  const Handshake written;
  const Handshake go_on;
  const ChildChecks checks(2);
  ScopedChild child = Fork([&] {
    huge[0] = 'C';
    written.Notify();
    if (!go_on.Await()) return 1;
    CHILD_EXPECT_EQ(checks, huge[0], 'C');
    CHILD_EXPECT_EQ(checks, huge[kHuge - 1], 'A');
    return 0;
  });
  ASSERT_TRUE(written.Await());
  EXPECT_EQ(huge[0], 'A');
  huge[kHuge - 1] = 'P';
  go_on.Notify();
  EXPECT_EQ(child.Reap(), 0);
}

constexpr size_t kHuge = 2 * 1024 * 1024;

constexpr const char* kPool = "/proc/sys/vm/nr_hugepages";

volatile char* HugeMemory() {
  void* memory = ::mmap(nullptr, kHuge, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<volatile char*>(memory);
}

#define SKIP_WITHOUT_POOL(pages)                                                      \
  if (TextOf(kPool).empty()) GTEST_SKIP() << "this kernel has no pool of huge pages"; \
  const ReplacedSetting pool(kPool, std::to_string(pages));                           \
  if (TextOf(kPool) != std::to_string(pages) + "\n")                                  \
  GTEST_SKIP() << "the pool cannot get " << (pages) << " huge pages now"

PROMISE(CowHugePage, PoolPageIsolates,
        {
            .says = "After fork a write to a private mapping of the huge page pool is not visible "
                    "on the other side.",
            .item = "71",
            .authority = "mmap(2) MAP_HUGETLB; mm/hugetlb.c hugetlb_wp()",
            .tags = "destructive",
        }) {
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

PROMISE(CowHugePage, EmptyPoolKillsTheWritingChild,
        {
            .says = "When the pool of huge pages is empty, a child's write to a shared page ends "
                    "the child with SIGBUS, and the parent keeps the page.",
            .item = "71",
            .authority = "mm/hugetlb.c hugetlb_wp()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
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

PROMISE(CowHugePage, EmptyPoolTakesThePageFromTheChild,
        {
            .says = "When the pool of huge pages is empty, the parent's write to a shared page "
                    "succeeds, and a child that touches the page afterwards ends with SIGBUS.",
            .item = "71",
            .authority = "mm/hugetlb.c hugetlb_wp() unmap_ref_private()",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
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

}  // namespace
}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
#include "bench/driver/shape_name.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::bench {
namespace {

TEST(ShapedName, TakesItsParametersOut) {
  const ShapedName parsed = ParseShapedName("fork/form:libc/rss:64M/threads:8/to:reaped");
  EXPECT_EQ(parsed.base, "fork/form:libc/to:reaped");
  EXPECT_TRUE(parsed.shaped);
  EXPECT_EQ(parsed.shape.rss_bytes, uint64_t{64} << 20);
  EXPECT_EQ(parsed.shape.threads, 8U);
  EXPECT_EQ(parsed.words, "64MiB of memory more, all of it resident, 8 sleeping threads more");
}

TEST(ShapedName, KnowsPagesOfAnySize) {
  const ShapedName parsed =
      ParseShapedName("fork/rss:64M/page:16K/cgroups:8/policy:deadline/to:reaped");
  EXPECT_EQ(parsed.shape.page, subject::PageKind::kMultiSize);
  EXPECT_EQ(parsed.shape.page_bytes, 16384U);
  EXPECT_EQ(parsed.shape.cgroups, 8U);
  EXPECT_EQ(parsed.shape.policy, subject::Policy::kDeadline);
  EXPECT_EQ(ParseShapedName("fork/rss:64M/page:thp").shape.page,
            subject::PageKind::kTransparentHuge);
}

TEST(ShapedName, LeavesWhatIsNoShape) {
  const ShapedName parsed = ParseShapedName("fork/cpu:other/to:reaped");
  EXPECT_EQ(parsed.base, "fork/cpu:other/to:reaped");
  EXPECT_FALSE(parsed.shaped);
  EXPECT_TRUE(parsed.words.empty());
}

TEST(ShapedName, RefusesWhatCannotBe) {
  for (const char* name :
       {"fork/rss:0", "fork/rss:12Q", "fork/rss:", "fork/rss:1M/rss:2M", "fork/page:thp",
        "fork/rss:1M/page:9", "fork/rss:1M/page:12K", "fork/cgroups:65", "fork/policy:best",
        "fork/fds:-1", "fork/fds:x", "fork/rss:99999999999999999999", "fork/rss:999999999G"}) {
    EXPECT_THROW(ParseShapedName(name), sys::Complaint) << name;
  }
}

TEST(ShapedName, PutsParametersBeforeTheEdges) {
  EXPECT_EQ(InsertParameters("fork/to:reaped", "rss:1M"), "fork/rss:1M/to:reaped");
  EXPECT_EQ(InsertParameters("fork/from:child_exit/to:reaped", "rss:1M"),
            "fork/rss:1M/from:child_exit/to:reaped");
  EXPECT_EQ(InsertParameters("getpid", "rss:1M"), "getpid/rss:1M");
}

TEST(Bytes, HaveBinaryUnits) {
  EXPECT_EQ(ParseBytes("rss", "4096"), 4096U);
  EXPECT_EQ(ParseBytes("rss", "64K"), 65536U);
  EXPECT_EQ(ParseBytes("rss", "1G"), uint64_t{1} << 30);
}

}  // namespace
}  // namespace procmark::bench

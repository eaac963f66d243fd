// SPDX-License-Identifier: MIT
// munmap(2): a lower bound for what it costs to tear down an address space.
#include <linux/mman.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr uint64_t kUntouchedBytes = 1 << 20;

// Unmaps context.amount bytes with every page written, or kUntouchedBytes with none.
template <bool kWritten>
int64_t Unmap(Context& context) {
  const unsigned long bytes =
      static_cast<unsigned long>(kWritten ? context.amount : kUntouchedBytes);
  char* const area = MapSmall(context, bytes);
  if (kWritten) WriteEachPage(area, bytes, context.page_bytes);
  const int64_t start = context.Now();
  const long done = RawSyscall(__NR_munmap, RawArg(area), static_cast<long>(bytes));
  const int64_t length = context.Length(start);
  if (done != 0) context.Refuse("munmap failed: errno", -done);
  return length;
}

void NeedBytes(Context& context) {
  NeedMemory(context, context.amount);
  int64_t pages = 0;
  for (uint64_t at = 0; at < context.amount; at += context.page_bytes) ++pages;
  context.expected.faults = {pages, pages + 2};
}

template <Literal kSize>
consteval Benchmark Written() {
  return {.name = Join<"munmap/bytes:", kSize>,
          .measures = Join<"munmap(2) of ", kSize, "iB of written private memory in small pages">,
          .not_timed = "mapping and writing it",
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .parameter = "bytes",
          .run = Repeat<Unmap<true>, NeedBytes>};
}

PROCMARK_BENCHMARKS kMunmap =
    List(Benchmark{.name = "munmap/bytes:untouched",
                   .measures = "munmap(2) of 1 MiB of private memory that was never touched",
                   .not_timed = "mapping it",
                   .from = Edge::kCall,
                   .to = Edge::kParentReturn,
                   .faults = {0, 1},
                   .run = Repeat<Unmap<false>>},
         Written<"64K">(), Written<"1M">(), Written<"16M">(), Written<"64M">());

}  // namespace
}  // namespace procmark::subject

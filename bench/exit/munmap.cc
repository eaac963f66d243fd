// munmap(2): the floor under the teardown of an address space.
#include <linux/mman.h>

#include "bench/subject/context.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr uint64_t kUntouchedBytes = 1 << 20;

// Of the amount asked for, each page written; without one, of kUntouchedBytes that nobody touched.
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

#define PROCMARK_MUNMAP(text)                                                                \
  {                                                                                          \
    "munmap/bytes:" text,                                                                    \
        "Measures munmap(2) of " text                                                        \
        "iB of written private memory in small pages. Not timed: mapping and writing it.",   \
        "munmap", Edge::kCall, Edge::kParentReturn, "raw", "munmap", "", 1, 0, FaultRange{}, \
        NeedBytes, Repeat<Unmap<true>>, "bytes"                                              \
  }

PROCMARK_BENCHMARKS kMunmap[] = {
    {"munmap/bytes:untouched",
     "Measures munmap(2) of 1 MiB of private memory that was never touched. Not timed: mapping it.",
     "munmap", Edge::kCall, Edge::kParentReturn, "raw", "munmap", "", 1, 0, FaultRange{0, 1},
     nullptr, Repeat<Unmap<false>>},
    PROCMARK_MUNMAP("64K"),
    PROCMARK_MUNMAP("1M"),
    PROCMARK_MUNMAP("16M"),
    PROCMARK_MUNMAP("64M")};

}  // namespace
}  // namespace procmark::subject

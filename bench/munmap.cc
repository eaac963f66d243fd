// munmap(2): the floor under the teardown of an address space.
#include <linux/mman.h>

#include "bench/subject/context.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

template <unsigned long kBytes, bool kWritten>
int64_t Unmap(Context& context) {
  char* const area = MapSmall(context, kBytes);
  if (kWritten) WriteEachPage(area, kBytes, context.page_bytes);
  const int64_t start = context.Now();
  const long done = RawSyscall(__NR_munmap, RawArg(area), static_cast<long>(kBytes));
  const int64_t length = context.Length(start);
  if (done != 0) context.Refuse("munmap failed: errno", -done);
  return length;
}

template <unsigned long kBytes>
void NeedBytes(Context& context) {
  NeedMemory(context, kBytes);
}

// A page is at most 64 KiB, at least 4 KiB.
template <unsigned long kBytes>
constexpr FaultRange kFaults = {kBytes >> 16, (kBytes >> 12) + 2};

#define PROCMARK_MUNMAP(text, bytes)                                                             \
  {                                                                                              \
    "munmap/bytes:" text,                                                                        \
        "Measures munmap(2) of " text                                                            \
        "iB of written private memory in small pages. Not timed: mapping and writing it.",       \
        "munmap", Edge::kCall, Edge::kParentReturn, "raw", "munmap", "", 1, 0, kFaults<(bytes)>, \
        NeedBytes<(bytes)>, Repeat<Unmap<(bytes), true>>                                         \
  }

PROCMARK_BENCHMARKS kMunmap[] = {
    {"munmap/bytes:untouched",
     "Measures munmap(2) of 1 MiB of private memory that was never touched. Not timed: mapping it.",
     "munmap", Edge::kCall, Edge::kParentReturn, "raw", "munmap", "", 1, 0, FaultRange{0, 1},
     nullptr, Repeat<Unmap<1UL << 20, false>>},
    PROCMARK_MUNMAP("64K", 1UL << 16),
    PROCMARK_MUNMAP("1M", 1UL << 20),
    PROCMARK_MUNMAP("16M", 16UL << 20),
    PROCMARK_MUNMAP("64M", 64UL << 20)};

}  // namespace
}  // namespace procmark::subject

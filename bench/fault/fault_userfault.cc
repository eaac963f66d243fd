// SPDX-License-Identifier: MIT
// Page faults that user space handles: write protection by userfaultfd(2).
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/userfaultfd.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kAnswered = 16;      // pages in one sample; another thread answers each fault
constexpr uint64_t kUserModeOnly = 1;  // UFFD_USER_MODE_ONLY, Linux 5.11
constexpr uint64_t kAsync = uint64_t{1} << 15;  // UFFD_FEATURE_WP_ASYNC, Linux 6.7
constexpr unsigned long kStackBytes = 16 * 1024;

// The thread that answers. It ends with its process.
struct Answerer {
  int fd;
  int tid;
  unsigned long page_bytes;
  int64_t answered;
};

// One mapping: a page that begins with the Answerer, the answerer's stack, the protected pages.
struct Watched {
  Answerer* answerer;
  char* pages;
};

long Control(int fd, unsigned long request, void* argument) {
  return RawSyscall(__NR_ioctl, fd, static_cast<long>(request), RawArg(argument));
}

long Protect(int fd, const char* page, unsigned long bytes, uint64_t mode) {
  uffdio_writeprotect change{};
  change.range.start = reinterpret_cast<uintptr_t>(page);
  change.range.len = bytes;
  change.mode = mode;
  return Control(fd, UFFDIO_WRITEPROTECT, &change);
}

// Removes the protection of each page that is written to, so that the write goes on.
void Answer(void* argument) {
  Answerer& answerer = *static_cast<Answerer*>(argument);
  uffd_msg message;
  while (true) {
    const long got = RawSyscall(__NR_read, answerer.fd, RawArg(&message), sizeof message);
    if (got != static_cast<long>(sizeof message)) continue;
    if (message.event != UFFD_EVENT_PAGEFAULT) continue;
    const uintptr_t mask = answerer.page_bytes - 1;
    const char* const page = reinterpret_cast<const char*>(
        static_cast<uintptr_t>(message.arg.pagefault.address) & ~mask);
    // Counts before the writer goes on and reads the count.
    __atomic_add_fetch(&answerer.answered, 1, __ATOMIC_ACQ_REL);
    Protect(answerer.fd, page, answerer.page_bytes, 0);
  }
}

template <uint64_t kFeatures>
void NeedUserfault(Context& context, Watched& watched) {
  const unsigned long bytes = context.page_bytes * kAnswered;
  const unsigned long mapped = context.page_bytes + kStackBytes + bytes;
  char* const area = MapSmall(context, mapped);
  WriteEachPage(area, mapped, context.page_bytes);
  char* const top = area + context.page_bytes + kStackBytes;
  watched = {reinterpret_cast<Answerer*>(area), top};
  long fd = RawSyscall(__NR_userfaultfd, O_CLOEXEC | static_cast<long>(kUserModeOnly));
  if (fd < 0) fd = RawSyscall(__NR_userfaultfd, O_CLOEXEC);
  if (fd < 0)
    context.Skip("userfaultfd(2) is not configured in this kernel, or not permitted", -fd);
  Answerer& answerer = *watched.answerer;
  answerer.fd = static_cast<int>(fd);
  answerer.page_bytes = context.page_bytes;
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | kFeatures;
  const long agreed = Control(answerer.fd, UFFDIO_API, &api);
  if (agreed != 0)
    context.Skip("userfaultfd does not write-protect here (Linux 5.7; asynchronously 6.7)",
                 -agreed);
  uffdio_register range{};
  range.range.start = reinterpret_cast<uintptr_t>(watched.pages);
  range.range.len = bytes;
  range.mode = UFFDIO_REGISTER_MODE_WP;
  const long registered = Control(answerer.fd, UFFDIO_REGISTER, &range);
  if (registered != 0) context.Skip("userfaultfd does not accept this memory", -registered);
  if constexpr (kFeatures == 0) {
    // The kernel counts a fault that waited and was tried again as a major one (mm/memory.c,
    // mm_account_fault).
    context.expected.major_faults = 1;
    const long tid =
        sys::RawCloneOnStack(kThreadFlags, top, &answerer.tid, &answerer.tid, Answer, &answerer);
    if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  }
}

// With kAsync the kernel removes the protection itself, and no thread answers.
template <uint64_t kFeatures>
int64_t WriteProtected(Context& context, Watched& watched) {
  Answerer& answerer = *watched.answerer;
  char* const area = watched.pages;
  const unsigned long bytes = context.page_bytes * kAnswered;
  const long done = Protect(answerer.fd, area, bytes, UFFDIO_WRITEPROTECT_MODE_WP);
  if (done != 0) context.Refuse("the pages could not be write-protected: errno", -done);
  const int64_t before = __atomic_load_n(&answerer.answered, __ATOMIC_ACQUIRE);
  const int64_t start = context.Now();
  WriteEachPage(area, bytes, context.page_bytes);
  const int64_t length = context.Length(start);
  const int64_t answered = __atomic_load_n(&answerer.answered, __ATOMIC_ACQUIRE) - before;
  if (answered != (kFeatures == 0 ? kAnswered : 0))
    context.Refuse("not every page was answered exactly once; answers in all", answered);
  return length;
}

struct Fields {
  FaultRange faults;
  Uncounted uncounted = Uncounted::kNothing;
};

template <Literal kKind, uint64_t kFeatures>
consteval Benchmark Protected(const char* measures, Fields fields) {
  return {.name = Join<"fault/kind:", kKind>,
          .measures = measures,
          .not_timed = "protecting them",
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .operations = kAnswered,
          .faults = fields.faults,
          .uncounted = fields.uncounted,
          .run = Repeat<WriteProtected<kFeatures>, NeedUserfault<kFeatures>>};
}

PROCMARK_BENCHMARKS kUserfault =
    List(Protected<"userfaultfd_wp", 0>(
             "a write to a page that userfaultfd(2) protects, until another thread has read the "
             "fault and removed the protection; one sample is 16 pages",
             {.faults = {0, 3}, .uncounted = Uncounted::kCounters}),
         Protected<"userfaultfd_wp_async", kAsync>(
             "a write to a page that userfaultfd(2) protects and whose protection the kernel "
             "removes itself (asynchronous mode); one sample is 16 pages",
             {.faults = {1, 3}}));

}  // namespace
}  // namespace procmark::subject

// Faults that user space answers: write protection by userfaultfd(2).
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/userfaultfd.h>

#include "bench/subject/pages.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr int64_t kAnswered = 16;      // pages of one sample, each a way to another thread and back
constexpr uint64_t kUserModeOnly = 1;  // UFFD_USER_MODE_ONLY, Linux 5.11
constexpr uint64_t kAsync = uint64_t{1} << 15;  // UFFD_FEATURE_WP_ASYNC, Linux 6.7
constexpr unsigned long kStackBytes = 16 * 1024;

// At the start of the area's first page; the protected pages come after the answerer's stack.
struct Answerer {
  int fd;
  int tid;
  unsigned long page_bytes;
  int64_t answered;
};

Answerer& AnswererOf(const Context& context) { return *static_cast<Answerer*>(context.area); }

char* Protected(const Context& context) {
  return static_cast<char*>(context.area) + context.page_bytes + kStackBytes;
}

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

// Lets each write go on by taking the protection from its page; ends with its process.
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
    // Counted before the writer goes on, which reads it.
    __atomic_add_fetch(&answerer.answered, 1, __ATOMIC_ACQ_REL);
    Protect(answerer.fd, page, answerer.page_bytes, 0);
  }
}

template <uint64_t kFeatures>
void NeedUserfault(Context& context) {
  const unsigned long bytes = context.page_bytes * kAnswered;
  context.area_bytes = context.page_bytes + kStackBytes + bytes;
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
  long fd = RawSyscall(__NR_userfaultfd, O_CLOEXEC | static_cast<long>(kUserModeOnly));
  if (fd < 0) fd = RawSyscall(__NR_userfaultfd, O_CLOEXEC);
  if (fd < 0)
    context.Skip("userfaultfd(2) is not to be had (not configured, or not permitted)", -fd);
  Answerer& answerer = AnswererOf(context);
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
  range.range.start = reinterpret_cast<uintptr_t>(Protected(context));
  range.range.len = bytes;
  range.mode = UFFDIO_REGISTER_MODE_WP;
  const long registered = Control(answerer.fd, UFFDIO_REGISTER, &range);
  if (registered != 0) context.Skip("userfaultfd does not take this memory", -registered);
  if constexpr (kFeatures == 0) {
    // A fault that waited and was tried again counts as a major one (mm/memory.c mm_account_fault).
    context.expected.major_faults = 1;
    char* const top = static_cast<char*>(context.area) + context.page_bytes + kStackBytes;
    const long tid =
        sys::RawCloneOnStack(kThreadFlags, top, &answerer.tid, &answerer.tid, Answer, &answerer);
    if (tid < 0) context.Refuse("no thread could be created: errno", -tid);
  }
}

// With kAsync the kernel takes the protection away by itself and nobody is asked.
template <uint64_t kFeatures>
int64_t WriteProtected(Context& context) {
  Answerer& answerer = AnswererOf(context);
  char* const area = Protected(context);
  const unsigned long bytes = context.page_bytes * kAnswered;
  const long done = Protect(answerer.fd, area, bytes, UFFDIO_WRITEPROTECT_MODE_WP);
  if (done != 0) context.Refuse("the pages could not be write-protected: errno", -done);
  const int64_t before = __atomic_load_n(&answerer.answered, __ATOMIC_ACQUIRE);
  const int64_t start = context.Now();
  WriteEachPage(area, bytes, context.page_bytes);
  const int64_t length = context.Length(start);
  const int64_t answered = __atomic_load_n(&answerer.answered, __ATOMIC_ACQUIRE) - before;
  if (answered != (kFeatures == 0 ? kAnswered : 0))
    context.Refuse("not every page was answered once but in all", answered);
  return length;
}

PROCMARK_BENCHMARKS kUserfault[] = {
    {"fault/kind:userfaultfd_wp",
     "Measures a write to a page that userfaultfd(2) protects, until another thread has read of it "
     "and taken the protection away; one sample is 16 pages. Not timed: protecting them.",
     "fault", Edge::kCall, Edge::kParentReturn, "raw", "fault", "", kAnswered, 0, FaultRange{0, 3},
     NeedUserfault<0>, Repeat<WriteProtected<0>>, "", Uncounted::kCounters},
    {"fault/kind:userfaultfd_wp_async",
     "Measures a write to a page that userfaultfd(2) protects and the kernel lets go by itself "
     "(asynchronous mode); one sample is 16 pages. Not timed: protecting them.",
     "fault", Edge::kCall, Edge::kParentReturn, "raw", "fault", "", kAnswered, 0, FaultRange{1, 3},
     NeedUserfault<kAsync>, Repeat<WriteProtected<kAsync>>}};

}  // namespace
}  // namespace procmark::subject

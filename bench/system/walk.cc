// Walking all processes as ps(1) does: the directory of /proc.
#include <linux/fcntl.h>

#include "bench/subject/context.h"
#include "bench/subject/shape.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kBufferBytes = 64 * 1024;

void NeedProc(Context& context) {
  context.area = MapSmall(context, kBufferBytes);
  context.area_bytes = kBufferBytes;
  WriteEachPage(static_cast<char*>(context.area), kBufferBytes, context.page_bytes);
  const long fd = RawSyscall(__NR_openat, AT_FDCWD, RawArg("/proc"), O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) context.Skip("no /proc is mounted", -fd);
  context.status = static_cast<int>(fd);
}

void Rewind(const Context& context) {
  constexpr long kFromStart = 0;  // SEEK_SET
#if defined(__arm__)
  long long at = 0;
  RawSyscall(__NR__llseek, context.status, 0, 0, RawArg(&at), kFromStart);
#else
  RawSyscall(__NR_lseek, context.status, 0, kFromStart);
#endif
}

long ReadEntries(const Context& context) {
  return RawSyscall(__NR_getdents64, context.status, RawArg(context.area),
                    static_cast<long>(context.area_bytes));
}

// linux_dirent64: d_reclen at 16, d_name at 19 (getdents64(2)).
constexpr long kLengthAt = 16;
constexpr long kNameAt = 19;

// The processes that the directory names; refuses unless the caller is one of them.
int64_t CountProcesses(const Context& context) {
  char own[24];
  Text(own, sizeof own).Add(RawSyscall(__NR_getpid));
  bool found = false;
  int64_t processes = 0;
  long got = 0;
  Rewind(context);
  while ((got = ReadEntries(context)) > 0) {
    for (long at = 0; at < got;) {
      const char* const entry = static_cast<const char*>(context.area) + at;
      const char* const name = entry + kNameAt;
      uint16_t length = 0;
      __builtin_memcpy(&length, entry + kLengthAt, sizeof length);
      if (name[0] >= '1' && name[0] <= '9') ++processes;
      found = found || SameText(name, own);
      at += length;
    }
  }
  if (!found) context.Refuse("/proc does not name its reader among processes in number", processes);
  return processes;
}

// proc(5): the kernel looks up each process by its number, in ascending order (fs/proc/base.c,
// proc_pid_readdir).
int64_t Walk(Context& context) {
  Rewind(context);
  long bytes = 0;
  long got = 0;
  const int64_t start = context.Now();
  while ((got = ReadEntries(context)) > 0) bytes += got;
  const int64_t length = context.Length(start);
  if (got < 0) context.Refuse("/proc gave no entries: getdents64", got);
  // Untimed once more; other processes come and go between the two, the subject's zombies do not.
  constexpr int64_t kShortestEntry = 24;
  const int64_t ours = int64_t{context.pages->config.shape.zombies} + 1;
  const int64_t processes = CountProcesses(context);
  if (processes < ours) context.Refuse("/proc does not name every zombie but in all", processes);
  if (bytes < kShortestEntry * ours)
    context.Refuse("the walk was shorter than its entries: bytes", bytes);
  return length;
}

PROCMARK_BENCHMARKS kWalk[] = {
    {"walk/proc",
     "Measures reading the whole directory of /proc by getdents64(2), as ps(1) does; its length is "
     "this machine's number of processes. Not timed: opening it.",
     "walk", Edge::kCall, Edge::kParentReturn, "raw", "walk", "", 1, 0, FaultRange{0, 1}, NeedProc,
     Repeat<Walk>}};

}  // namespace
}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
// Reading the list of all processes as ps(1) does, from the directory of /proc.
#include <linux/fcntl.h>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/text.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kBufferBytes = 64 * 1024;

struct Directory {
  char* buffer;
  int fd;
};

void NeedProc(Context& context, Directory& directory) {
  directory.buffer = MapSmall(context, kBufferBytes);
  WriteEachPage(directory.buffer, kBufferBytes, context.page_bytes);
  const long fd = RawSyscall(__NR_openat, AT_FDCWD, RawArg("/proc"), O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) context.Skip("no /proc is mounted", -fd);
  directory.fd = static_cast<int>(fd);
}

void Rewind(const Directory& directory) {
  constexpr long kFromStart = 0;  // SEEK_SET
#if defined(__arm__)
  long long at = 0;
  RawSyscall(__NR__llseek, directory.fd, 0, 0, RawArg(&at), kFromStart);
#else
  RawSyscall(__NR_lseek, directory.fd, 0, kFromStart);
#endif
}

long ReadEntries(const Directory& directory) {
  return RawSyscall(__NR_getdents64, directory.fd, RawArg(directory.buffer),
                    static_cast<long>(kBufferBytes));
}

// linux_dirent64: d_reclen at 16, d_name at 19 (getdents64(2)).
constexpr long kLengthAt = 16;
constexpr long kNameAt = 19;

// Counts the processes in the directory. Refuses unless the caller is one of them.
int64_t CountProcesses(const Context& context, const Directory& directory) {
  char own[24];
  Text(own, sizeof own).Add(RawSyscall(__NR_getpid));
  bool found = false;
  int64_t processes = 0;
  long got = 0;
  Rewind(directory);
  while ((got = ReadEntries(directory)) > 0) {
    for (long at = 0; at < got;) {
      const char* const entry = directory.buffer + at;
      const char* const name = entry + kNameAt;
      uint16_t length = 0;
      __builtin_memcpy(&length, entry + kLengthAt, sizeof length);
      if (name[0] >= '1' && name[0] <= '9') ++processes;
      found = found || SameText(name, own);
      at += length;
    }
  }
  if (!found)
    context.Refuse("/proc does not list the process that reads it; processes listed", processes);
  return processes;
}

// The kernel looks up each process by its pid, in ascending order (fs/proc/base.c,
// proc_pid_readdir).
int64_t Walk(Context& context, const Directory& directory) {
  Rewind(directory);
  long bytes = 0;
  long got = 0;
  const int64_t start = context.Now();
  while ((got = ReadEntries(directory)) > 0) bytes += got;
  const int64_t length = context.Length(start);
  if (got < 0) context.Refuse("/proc gave no entries: getdents64", got);
  // Walks once more, untimed, to check. Other processes start and end in between; the subject's
  // zombies stay.
  constexpr int64_t kShortestEntry = 24;
  const int64_t ours = int64_t{context.pages->config.shape.zombies} + 1;
  const int64_t processes = CountProcesses(context, directory);
  if (processes < ours)
    context.Refuse("/proc does not list every zombie; processes listed", processes);
  if (bytes < kShortestEntry * ours)
    context.Refuse("the walk read fewer bytes than its entries have: bytes", bytes);
  return length;
}

PROCMARK_BENCHMARKS kWalk =
    List({.name = "walk/proc",
          .measures = "reading the whole directory of /proc by getdents64(2), as ps(1) does; its "
                      "length depends on this machine's number of processes",
          .not_timed = "opening it",
          .from = Edge::kCall,
          .to = Edge::kParentReturn,
          .faults = {0, 1},
          .run = Repeat<Walk, NeedProc>});

}  // namespace
}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
#include "bench/subject/proc_file.h"

#include <linux/fcntl.h>

#include "harness/sys/raw_syscall.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

long Open(const char* path, int flags) {
  return RawSyscall(__NR_openat, AT_FDCWD, RawArg(path), flags, 0);
}

// Reads as much of the file as fits. Returns its size; -1: it cannot be opened.
long Read(const char* path, char* buffer, long room) {
  const long fd = Open(path, O_RDONLY);
  if (fd < 0) return -1;
  long size = 0;
  while (size < room) {
    const long got = RawSyscall(__NR_read, fd, RawArg(buffer + size), room - size);
    if (got <= 0) break;
    size += got;
  }
  RawSyscall(__NR_close, fd);
  return size;
}

// linux_dirent64: d_ino (8 bytes), d_off (8), d_reclen (2), d_type (1), d_name (getdents64(2)).
constexpr long kRecordLengthAt = 16;

}  // namespace

int64_t NumberAfter(const char* path, const char* label, char* buffer, long room) {
  const long size = Read(path, buffer, room);
  for (long at = 0; at < size; ++at) {
    if (at > 0 && buffer[at - 1] != '\n') continue;
    long matched = 0;
    while (label[matched] != '\0' && at + matched < size && buffer[at + matched] == label[matched])
      ++matched;
    if (label[matched] != '\0') continue;
    at += matched;
    while (at < size && (buffer[at] == ' ' || buffer[at] == '\t' || buffer[at] == ':')) ++at;
    int64_t number = 0;
    for (; at < size && buffer[at] >= '0' && buffer[at] <= '9'; ++at)
      number = number * 10 + (buffer[at] - '0');
    return number;
  }
  return -1;
}

int64_t CountLines(const char* path, char* buffer, long room) {
  const long fd = Open(path, O_RDONLY);
  if (fd < 0) return -1;
  int64_t lines = 0;
  long got = 0;
  while ((got = RawSyscall(__NR_read, fd, RawArg(buffer), room)) > 0) {
    for (long i = 0; i < got; ++i) lines += buffer[i] == '\n' ? 1 : 0;
  }
  RawSyscall(__NR_close, fd);
  return got < 0 ? -1 : lines;
}

char* TextAfter(const char* path, const char* text, char* buffer, long room) {
  const long size = Read(path, buffer, room - 1);
  for (long at = 0; at < size; ++at) {
    long end = 0;
    while (text[end] != '\0' && at + end < size && buffer[at + end] == text[end]) ++end;
    if (text[end] != '\0') continue;
    char* const found = buffer + at + end;
    for (end = at + end; end < size && buffer[end] != '\n';) ++end;
    buffer[end] = '\0';
    return found;
  }
  return nullptr;
}

bool FileHolds(const char* path, const char* text, char* buffer, long room) {
  return TextAfter(path, text, buffer, room) != nullptr;
}

int64_t CountEntries(const char* path, char* buffer, long room) {
  const long fd = Open(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return -1;
  int64_t entries = 0;
  long got = 0;
  while ((got = RawSyscall(__NR_getdents64, fd, RawArg(buffer), room)) > 0) {
    for (long at = 0; at < got;) {
      ++entries;
      uint16_t length = 0;
      __builtin_memcpy(&length, buffer + at + kRecordLengthAt, sizeof length);
      at += length;
    }
  }
  RawSyscall(__NR_close, fd);
  constexpr int64_t kNotCounted = 3;  // ".", ".." and the descriptor being read
  return got < 0 ? -1 : entries - kNotCounted;
}

}  // namespace procmark::subject

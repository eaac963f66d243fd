// SPDX-License-Identifier: MIT
// Maps the pages that procmark-bench shares with a program.
#pragma once

#include <linux/mman.h>
#include <stddef.h>

#include "bench/subject/slice.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::subject {

// argv[1] is the number of their descriptor, which is closed. Touches each page before the list, so
// that no sample takes a fault on them. nullptr: there are no pages, or another version of them.
inline Pages* AttachPages(int argc, char** argv) {
  if (argc != 2) return nullptr;
  int fd = 0;
  for (const char* digit = argv[1]; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  const long mapped = sys::RawMmap(nullptr, sizeof(Pages), PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  if (sys::RawFailed(mapped)) return nullptr;
  sys::RawSyscall(__NR_close, fd);
  Pages* const pages = reinterpret_cast<Pages*>(mapped);
  if (pages->config.version != kPagesVersion) return nullptr;
  volatile char* const bytes = reinterpret_cast<volatile char*>(mapped);
  for (unsigned long at = 0; at < offsetof(Pages, list); at += 4096) bytes[at] = bytes[at];
  return pages;
}

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
#include "bench/driver/sweeps.h"

namespace procmark::bench {
namespace {

using Values = std::vector<std::string>;

// For every way to create a child or a thread.
const Values& Everything() {
  static const Values values = {"rss:1M",   "rss:16M",   "rss:64M",    "rss:256M",   "rss:1G",
                                "vmas:16",  "vmas:256",  "vmas:4096",  "fds:64",     "fds:1024",
                                "fds:8192", "threads:8", "threads:64", "threads:256"};
  return values;
}

// For fork(2) only.
const Values& OfFork() {
  static const Values values = {"rss:64M/page:thp",
                                "rss:256M/page:thp",
                                "rss:16M/page:hugetlb",
                                "rss:64M/page:hugetlb",
                                "rss:16M/memory:shared",
                                "rss:64M/memory:shared",
                                "rss:16M/memory:dontfork",
                                "rss:64M/memory:dontfork",
                                "rss:16M/memory:wipeonfork",
                                "rss:64M/memory:wipeonfork",
                                "rss:16M/memory:locked",
                                "rss:64M/memory:locked",
                                "rss:16M/memory:file",
                                "rss:64M/memory:file",
                                "rss:64M/vmas:256/fds:64",
                                "zombies:64",
                                "zombies:1024",
                                "seccomp:1",
                                "seccomp:8",
                                "cgroups:1",
                                "cgroups:8",
                                "cgroups:32",
                                "siblings:64",
                                "siblings:1024",
                                "rss:16M/page:16K",
                                "rss:64M/page:16K",
                                "rss:16M/page:64K",
                                "rss:64M/page:64K",
                                "threads:1024",
                                "fds:65536",
                                "pidns:1",
                                "pidns:8",
                                "cpu:same",
                                "policy:batch",
                                "policy:idle",
                                "policy:fifo",
                                "policy:deadline"};
  return values;
}

}  // namespace

const std::vector<Sweep>& Sweeps() {
  static const std::vector<Sweep> sweeps = {
      {"fork/to:reaped", Everything()},
      {"fork/to:parent_return", Everything()},
      {"vfork/to:reaped", Everything()},
      {"posix_spawn/to:reaped", Everything()},
      {"posix_spawn/to:parent_return",
       {"rss:64M", "rss:1G", "vmas:256", "vmas:4096", "fds:1024", "fds:8192"}},
      {"thread/to:reaped", Everything()},
      {"thread/to:parent_return",
       {"rss:64M", "rss:1G", "vmas:256", "vmas:4096", "fds:1024", "fds:8192", "threads:64",
        "threads:256"}},
      {"fork/to:reaped", OfFork()},
      {"fork/to:child_start", {"cpu:same", "rss:16M", "rss:64M", "policy:fifo"}},
      {"fork/from:child_exit/to:reaped",
       {"rss:64M", "rss:1G", "vmas:256", "vmas:4096", "fds:1024", "fds:8192", "zombies:64",
        "zombies:1024"}},
      {"fork/form:libc/to:reaped", {"rss:16M", "rss:64M", "threads:8", "threads:64"}},
      {"posix_spawn/form:libc/to:reaped", {"rss:64M", "rss:1G", "fds:1024", "fds:8192"}},
      {"posix_spawn/form:libc/actions:8/to:reaped", {"actions:64"}},
      {"thread/to:child_start", {"cpu:same"}},
      {"vfork/to:reaped",
       {"cpu:same", "seccomp:1", "seccomp:8", "pidns:1", "pidns:8", "zombies:64", "zombies:1024"}},
      {"exec/program:static/after:fork/to:child_start",
       {"cloexec:64", "cloexec:1024", "cloexec:8192", "fds:1024", "fds:8192", "rss:64M", "rss:256M",
        "vmas:256", "vmas:4096"}},
      {"exec/envp:64K/to:child_start", {"envp:1K", "envp:512K"}},
      {"exit/own_vmas:256/from:child_exit/to:reaped", {"own_vmas:16", "own_vmas:1024"}},
      {"exit/own_fds:64/from:child_exit/to:reaped", {"own_fds:256"}},
      {"reap/by:wait4",
       {"zombies:64", "zombies:1024", "zombies:8192", "siblings:64", "siblings:1024"}},
      {"reap/by:wait4_any", {"siblings:64", "siblings:1024"}},
      {"reap/by:waitid_pidfd", {"zombies:64", "zombies:1024"}},
      {"reap/orphans:16/from:child_exit/to:reaped", {"pidns:1", "pidns:8"}},
      {"walk/proc", {"zombies:64", "zombies:1024"}},
      {"yardstick/switch:pipe", {"cpu:same"}},
      {"yardstick/switch:futex", {"cpu:same"}},
      {"yardstick/getpid", {"seccomp:1", "seccomp:8"}},
  };
  return sweeps;
}

}  // namespace procmark::bench

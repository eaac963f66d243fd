// The sweeps over shapes, as data.
#include "bench/sweeps.h"

namespace procmark::bench {
namespace {

using Values = std::vector<std::string>;

// What every way to make a child or a thread is measured against.
const Values& Everything() {
  static const Values values = {"rss:1M",   "rss:16M",   "rss:64M",    "rss:256M",   "rss:1G",
                                "vmas:16",  "vmas:256",  "vmas:4096",  "fds:64",     "fds:1024",
                                "fds:8192", "threads:8", "threads:64", "threads:256"};
  return values;
}

// What matters to a fork only, or is worth one benchmark of it.
const Values& OfFork() {
  static const Values values = {"rss:64M/page:thp",
                                "rss:256M/page:thp",
                                "rss:64M/page:hugetlb",
                                "rss:64M/memory:shared",
                                "rss:64M/memory:dontfork",
                                "rss:64M/memory:wipeonfork",
                                "rss:64M/memory:locked",
                                "rss:64M/memory:file",
                                "rss:64M/vmas:256/fds:64",
                                "zombies:64",
                                "zombies:1024",
                                "seccomp:1",
                                "seccomp:8",
                                "pidns:1",
                                "pidns:8",
                                "cpu:same",
                                "policy:batch",
                                "policy:idle",
                                "policy:fifo"};
  return values;
}

}  // namespace

const std::vector<Sweep>& Sweeps() {
  static const std::vector<Sweep> sweeps = {
      {"fork/to:reaped", Everything()},
      {"fork/to:parent_return", Everything()},
      {"vfork/to:reaped", Everything()},
      {"posix_spawn/to:reaped", Everything()},
      {"posix_spawn/to:parent_return", {"rss:64M", "rss:1G", "vmas:4096", "fds:8192"}},
      {"thread/to:reaped", Everything()},
      {"thread/to:parent_return", {"rss:1G", "vmas:4096", "fds:8192", "threads:256"}},
      {"fork/to:reaped", OfFork()},
      {"fork/to:child_start", {"cpu:same", "rss:64M", "policy:fifo"}},
      {"fork/from:child_exit/to:reaped",
       {"rss:64M", "rss:1G", "vmas:4096", "fds:8192", "zombies:1024"}},
      {"fork/form:libc/to:reaped", {"rss:64M", "threads:64"}},
      {"posix_spawn/form:libc/to:reaped", {"rss:64M", "rss:1G", "fds:8192"}},
      {"thread/to:child_start", {"cpu:same"}},
      {"vfork/to:reaped", {"cpu:same", "seccomp:8", "pidns:8", "zombies:1024"}},
      {"exec/program:static/after:fork/to:child_start",
       {"cloexec:64", "cloexec:1024", "cloexec:8192", "fds:1024", "rss:64M", "rss:256M",
        "vmas:4096"}},
      {"reap/by:wait4", {"zombies:64", "zombies:1024", "zombies:8192"}},
      {"reap/by:waitid_pidfd", {"zombies:1024"}},
      {"yardstick/switch:pipe", {"cpu:same"}},
      {"yardstick/switch:futex", {"cpu:same"}},
      {"yardstick/getpid", {"seccomp:1", "seccomp:8"}},
  };
  return sweeps;
}

}  // namespace procmark::bench

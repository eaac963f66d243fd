// SPDX-License-Identifier: MIT
// Core dumps: what a parent that waits can rely on.
#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/usermode_helper.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

// Where a child of this process that dies now writes its core. "" with a sentence in *why when
// cores go elsewhere or are not allowed.
std::string AllowCores(std::string* why) {
  if (TextOf("/proc/sys/kernel/core_pattern") != "core\n") {
    *why = "cores do not go to a file named core on this machine";
    return {};
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) ThrowErrno("getrlimit", errno);
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  limit.rlim_cur = limit.rlim_max;
  const rlimit& wanted = limit.rlim_max == 0 ? none : limit;
  if (::setrlimit(RLIMIT_CORE, &wanted) != 0) {
    *why = "core files are not allowed here";
    return {};
  }
  if (::chdir("/tmp") != 0) ThrowErrno("chdir", errno);
  return TextOf("/proc/sys/kernel/core_uses_pid") == "1\n" ? "/tmp/core." : "/tmp/core";
}

struct Core {
  bool there = false;
  off_t size = 0;
  off_t end_of_segments = 0;  // the end of its bytes according to the last of its program headers
  int threads = 0;            // notes NT_PRSTATUS
};

// Counts the notes NT_PRSTATUS in these bytes. A note has a header, a name and a description,
// padded to 4.
int CountThreads(const std::vector<char>& notes) {
  int threads = 0;
  for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= notes.size();) {
    ElfW(Nhdr) note{};
    std::memcpy(&note, &notes[at], sizeof note);
    const auto padded = [](size_t size) { return (size + 3) / 4 * 4; };
    const char* const name = &notes[at + sizeof note];
    if (note.n_type == NT_PRSTATUS && note.n_namesz == 5 && std::memcmp(name, "CORE", 5) == 0) {
      ++threads;
    }
    at += sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
  }
  return threads;
}

// Reads the program headers of the core and removes it.
Core TakeCore(const std::string& path) {
  Core core;
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  (void)::unlink(path.c_str());
  struct stat found {};
  ElfW(Ehdr) head{};
  core.there = file.Valid() && ::fstat(file.Get(), &found) == 0;
  core.size = found.st_size;
  if (!core.there || ::pread(file.Get(), &head, sizeof head, 0) != sizeof head) return core;
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_type != ET_CORE) return core;
  for (int i = 0; i < head.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    const auto at = static_cast<off_t>(head.e_phoff + static_cast<size_t>(i) * head.e_phentsize);
    if (::pread(file.Get(), &segment, sizeof segment, at) != sizeof segment) return core;
    const auto end = static_cast<off_t>(segment.p_offset + segment.p_filesz);
    core.end_of_segments = std::max(core.end_of_segments, end);
    if (segment.p_type != PT_NOTE) continue;
    std::vector<char> notes(segment.p_filesz);
    const auto offset = static_cast<off_t>(segment.p_offset);
    const ssize_t got = ::pread(file.Get(), notes.data(), notes.size(), offset);
    if (got == static_cast<ssize_t>(notes.size())) core.threads = CountThreads(notes);
  }
  return core;
}

PROMISE(CoreDump, IsWholeWhenTheChildCanBeWaitedFor,
        {
            .says = "A child that dumped core is reported as CLD_DUMPED with the raw status signal "
                    "| 0x80, and when it can be waited for, its core contains every byte that its "
                    "headers name, and all threads.",
            .item = "187 350 177",
            .authority = "core(5), wait(2); fs/coredump.c do_coredump(), before kernel/exit.c "
                         "do_exit(); fs/binfmt_elf.c elf_core_dump()",
        }) {
  std::string why;
  const std::string path = AllowCores(&why);
  if (path.empty()) GTEST_SKIP() << why;
  for (const int threads : {1, 2}) {
    const Shared<std::atomic<pid_t>> last;
    const Handshake ready;
    ScopedChild child = Fork([&] {
      (void)::prctl(PR_SET_DUMPABLE, 1);
      (void)::signal(SIGABRT, SIG_DFL);
      const auto live = [&] {
        last->store(OwnTid());
        ready.Notify();
        PauseForever();
      };
      if (threads == 1) live();
      const JoinedThread second(live);
      PauseForever();
    });
    ASSERT_TRUE(ready.Await());
    // All threads sleep: 6.18 may write no state of a thread that sends the signal itself.
    ASSERT_TRUE(AwaitState(child.Number(), "S"));
    ASSERT_TRUE(AwaitThreadState(child.Number(), last->load(), "S"));
    ASSERT_SYSCALL_SUCCEEDS(child.Signal(SIGABRT));
    const siginfo_t end = child.AwaitZombie();
    const bool named = path.back() == '.';
    const Core core = TakeCore(named ? path + std::to_string(child.Number()) : path);
    const int status = child.Reap();
    if (!core.there && end.si_code == CLD_KILLED) {
      EXPECT_EQ(status, SIGABRT) << "no core, no 0x80";
      GTEST_SKIP() << "this kernel wrote no core";
    }
    EXPECT_TRUE(core.there);
    EXPECT_EQ(end.si_code, CLD_DUMPED);
    EXPECT_EQ(end.si_status, SIGABRT);
    EXPECT_EQ(status, SIGABRT | 0x80);
    EXPECT_GT(core.end_of_segments, 4096);
    EXPECT_EQ(core.size, core.end_of_segments);
    EXPECT_EQ(core.threads, threads);
  }
}

PROMISE(CoreDump, NoCoreMeansNoCoreFlag,
        {
            .says = "A process that is not dumpable writes no core, and its SIGABRT is reported as "
                    "CLD_KILLED without 0x80.",
            .item = "187",
            .authority = "core(5), wait(2); fs/coredump.c do_coredump()",
        }) {
  ScopedChild child = Fork([] {
    // The limit alone does not work when core_pattern is a pipe (core(5)).
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::prctl(PR_SET_DUMPABLE, 0);
    ::kill(::getpid(), SIGABRT);
  });
  EXPECT_EQ(child.AwaitZombie().si_code, CLD_KILLED);
  EXPECT_EQ(child.Reap(), SIGABRT);
}

HELPER(HoldTheDump) {
  const HelperChannel channel = HelperChannel::Open(arguments);
  channel.Say("ready", 1);
  channel.Await();
  return 0;
}

PROMISE(CoreDump, WaitingThreadsReportI,
        {
            .says = "While a core dump is written, the other threads of the process report I.",
            .item = "21",
            .authority = "kernel/exit.c coredump_task_exit()",
            .since = "6.1",
            .kind = Kind::kLinux,
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  const Shared<std::atomic<pid_t>> tid;
  const Handshake running;
  testing::AssertionResult seen = testing::AssertionFailure() << "the handler did not run";
  (void)RunAsCoreHandler(
      "HoldTheDump",
      [&] {
        // Static, because the thread lives until the process dies.
        static const JoinedThread thread([&] {
          tid->store(OwnTid());
          running.Notify();
          PauseForever();
        });
        (void)running.Await();
      },
      [&](pid_t dying) { seen = AwaitThreadState(dying, tid->load(), "I"); });
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace procmark::conformance

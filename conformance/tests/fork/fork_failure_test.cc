// A fork that fails.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <string>

#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"

namespace procmark::conformance {
namespace {

PROMISE(ForkFailure, LeavesNoChild,
        {.says = "A fork that fails sets errno and leaves no child: wait gives ECHILD.",
         .item = "57 319",
         .authority = "fork(2)"}) {
  CloneArguments impossible;
  impossible.flags = CLONE_SIGHAND;  // without CLONE_VM
  impossible.exit_signal = SIGCHLD;
  const pid_t pid = RawClone3(impossible);
  if (pid == 0) ::_exit(0);
  EXPECT_EQ(pid, -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD);
}

// A line of /proc/meminfo.
long MemoryKib(const std::string& name) {
  std::istringstream text(TextOf("/proc/meminfo"));
  std::string word;
  long kib = 0;
  for (std::string rest; text >> word >> kib; std::getline(text, rest)) {
    if (word == name + ":") return kib;
  }
  return -1;
}

PROMISE(ForkFailure, WhileCopyingMemoryHarmsNobody,
        {.says = "fork of a process whose memory the machine cannot promise twice is ENOMEM, "
                 "leaves no child, and its memory as it was; with less to promise it forks again.",
         .item = "72 57",
         .authority = "fork(2) ENOMEM; kernel/fork.c dup_mmap() "
                      "(security_vm_enough_memory_mm() of each VM_ACCOUNT mapping)",
         .tags = "destructive"}) {
  SKIP_UNLESS_DESTRUCTIVE();
  constexpr size_t kBytes = size_t{96} * 1024 * 1024;
  auto* const memory = static_cast<char*>(
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 'm', 8192);
  const long promised_kib = MemoryKib("Committed_AS");
  ASSERT_GT(promised_kib, 0);
  {
    // Room for half of the mapping: the mappings below it are copied, it is not.
    const ReplacedSetting room("/proc/sys/vm/overcommit_kbytes",
                               std::to_string(promised_kib + 48 * 1024));
    const ReplacedSetting strict("/proc/sys/vm/overcommit_memory", "2");
    const pid_t refused = ::fork();
    if (refused == 0) ::_exit(0);
    EXPECT_EQ(refused, -1);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(Wait4(-1, __WALL).error, ECHILD);
    EXPECT_EQ(memory[0] == 'm' && memory[8191] == 'm' && memory[8192] == 0, true);
    ASSERT_EQ(::munmap(memory + kBytes / 8, kBytes - kBytes / 8), 0);
    ScopedChild child = Fork([&] {
      const bool same = memory[0] == 'm' && memory[8191] == 'm';
      memory[0] = 'c';
      return same ? 3 : 4;
    });
    EXPECT_EQ(child.Reap(), 3 << 8) << "the decoy: a smaller process, under the same limit";
    EXPECT_EQ(memory[0], 'm');
  }
  ::munmap(memory, kBytes / 8);
}

}  // namespace
}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// What a fork that fails leaves behind.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/memory.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {
namespace {

PROMISE(ForkFailure, LeavesNoChild,
        {
            .says = "A fork that fails sets errno and leaves no child, so that wait fails with "
                    "ECHILD.",
            .item = "57 319",
            .authority = "fork(2)",
        }) {
  CloneArguments impossible;
  impossible.flags = CLONE_SIGHAND;  // without CLONE_VM
  impossible.exit_signal = SIGCHLD;
  const pid_t pid = RawClone3(impossible);
  if (pid == 0) ::_exit(0);
  EXPECT_SYSCALL_FAILS(pid, EINVAL);
  EXPECT_TRUE(HasNoChild());
}

PROMISE(ForkFailure, WhileCopyingMemoryHarmsNobody,
        {
            .says = "A fork whose memory the machine cannot promise a second time fails with "
                    "ENOMEM, leaves no child and does not change the memory, and the process can "
                    "fork again when it has less memory.",
            .item = "72 57",
            .authority = "fork(2) ENOMEM; kernel/fork.c dup_mmap() (security_vm_enough_memory_mm() "
                         "of each VM_ACCOUNT mapping)",
            .tags = "destructive",
        }) {
  SKIP_UNLESS_DESTRUCTIVE();
  constexpr size_t kBytes = size_t{96} * 1024 * 1024;
  char* const memory = NewMemory(kBytes);
  std::memset(memory, 'm', 8192);
  const long promised_kib = ValueIn(TextOf("/proc/meminfo"), "Committed_AS", -1);
  ASSERT_GT(promised_kib, 0);
  {
    // Room for half of the mapping: the kernel copies the mappings below it, and not this one.
    const ReplacedSetting room("/proc/sys/vm/overcommit_kbytes",
                               std::to_string(promised_kib + 48 * 1024));
    const ReplacedSetting strict("/proc/sys/vm/overcommit_memory", "2");
    const pid_t refused = ::fork();
    if (refused == 0) ::_exit(0);
    EXPECT_SYSCALL_FAILS(refused, ENOMEM);
    EXPECT_SYSCALL_FAILS(Wait4(-1, __WALL), ECHILD);
    EXPECT_EQ(memory[0] == 'm' && memory[8191] == 'm' && memory[8192] == 0, true);
    ASSERT_SYSCALL_SUCCEEDS(::munmap(memory + kBytes / 8, kBytes - kBytes / 8));
    ScopedChild child = Fork([&] {
      const bool same = memory[0] == 'm' && memory[8191] == 'm';
      memory[0] = 'c';
      return same ? 3 : 4;
    });
    EXPECT_EQ(child.Reap(), 3 << 8) << "the control: a smaller process, under the same limit";
    EXPECT_EQ(memory[0], 'm');
  }
  ::munmap(memory, kBytes / 8);
}

}  // namespace
}  // namespace procmark::conformance

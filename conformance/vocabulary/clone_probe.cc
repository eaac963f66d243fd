// SPDX-License-Identifier: MIT
// Calls of clone(2) and clone3(2) that leave nothing behind.
#include "conformance/vocabulary/clone_probe.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "conformance/vocabulary/clone_flags.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"

namespace procmark::conformance {
namespace {

constexpr size_t kStackBytes = 64 * 1024;

// Memory for a child's stack. With PROT_NONE it ends the child at its first push or pop. The upper
// half of the memory lies above the stack: a child that pops, or that writes into its caller's
// frame, must not touch other mappings.
class ProbeStack {
 public:
  explicit ProbeStack(int protection)
      : memory_(::mmap(nullptr, 2 * kStackBytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) ThrowErrno("mmap", errno);
  }
  ~ProbeStack() { ::munmap(memory_, 2 * kStackBytes); }
  ProbeStack(const ProbeStack&) = delete;
  ProbeStack& operator=(const ProbeStack&) = delete;
  char* Bottom() const { return static_cast<char*>(memory_); }
  char* Top() const { return Bottom() + kStackBytes; }

 private:
  void* memory_;
};

int EndAtOnce(void*) { return 0; }

// Waits until the kernel clears the word, which it does when the thread ends.
void AwaitCleared(std::atomic<int>* word) {
  while (true) {
    const int now = word->load();
    if (now == 0) return;
    if (TestDeadline().Expired()) ThrowErrno("end of a cloned thread", ETIMEDOUT);
    const timespec look_again{0, 50'000'000};
    (void)::syscall(SYS_futex, word, FUTEX_WAIT, now, &look_again, nullptr, 0);
  }
}

}  // namespace

int Clone3Error(const CloneArguments& arguments, size_t size) {
  pid_t pid = -1;
  if ((arguments.flags & CLONE_VM) != 0) {
    const ProbeStack unusable(PROT_NONE);
    CloneArguments harmless = arguments;
    harmless.stack = reinterpret_cast<uint64_t>(unusable.Bottom());
    harmless.stack_size = kStackBytes;
    pid = Clone3At(&harmless, size);
    if (pid == 0) ::_exit(0);
    const int error = pid < 0 ? errno : 0;
    if (pid > 0) (void)Wait4(pid, __WALL);
    return error;
  }
  pid = RawClone3(arguments, size);
  if (pid == 0) ::_exit(0);
  const int error = pid < 0 ? errno : 0;
  if (pid > 0) (void)Wait4(pid, __WALL);
  return error;
}

int Clone3FlagsError(uint64_t flags, uint64_t exit_signal) {
  CloneArguments arguments;
  arguments.flags = flags;
  arguments.exit_signal = exit_signal;
  return Clone3Error(arguments);
}

int LegacyCloneError(int flags, int* pidfd) {
  const ProbeStack stack(PROT_READ | PROT_WRITE);
  const bool thread = (flags & CLONE_THREAD) != 0;
  std::atomic<int> word = -1;
  const int tid_flags = thread ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : 0;
  const int pid =
      ::clone(EndAtOnce, stack.Top(), flags | tid_flags, nullptr, pidfd, nullptr, &word);
  if (pid < 0) return errno;
  if (thread) {
    AwaitCleared(&word);
  } else {
    (void)Wait4(pid, __WALL);
  }
  return 0;
}

std::vector<uint64_t> UnionsOf(const std::vector<uint64_t>& bits) {
  std::vector<uint64_t> unions = {0};
  for (const uint64_t bit : bits) {
    const size_t before = unions.size();
    for (size_t i = 0; i < before; ++i) unions.push_back(unions[i] | bit);
  }
  return unions;
}

CloneArguments PlainArguments() {
  CloneArguments arguments;
  arguments.exit_signal = SIGCHLD;
  return arguments;
}

bool HasCloneAutoreap() { return Clone3FlagsError(kCloneAutoreap, 0) == 0; }

std::vector<uint64_t> HarmlessFlags() {
  return UnionsOf({CLONE_FILES, CLONE_IO, CLONE_VFORK, CLONE_UNTRACED});
}

void ExpectInvalidFlags(uint64_t flags, uint64_t exit_signal) {
  for (const uint64_t others : HarmlessFlags()) {
    const uint64_t all = flags | others;
    EXPECT_ERRNO(Clone3FlagsError(all, exit_signal), EINVAL) << "clone3 " << FlagsText(all);
    EXPECT_ERRNO(LegacyCloneError(static_cast<int>(all | exit_signal)), EINVAL)
        << "clone " << FlagsText(all);
  }
}

std::string FlagsText(uint64_t flags) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "flags %#llx", static_cast<unsigned long long>(flags));
  return text;
}

bool DropCapabilities() {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  const __user_cap_data_struct none[2] = {};
  return ::syscall(SYS_capset, &header, none) == 0;
}

}  // namespace procmark::conformance

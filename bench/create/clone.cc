// SPDX-License-Identifier: MIT
// clone(2) and clone3(2): other calls that create the same child as fork(2) or vfork(2).
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Clone {
  [[gnu::always_inline]] long operator()() const { return sys::RawClone(SIGCHLD); }
};

struct CloneVmVfork {
  [[gnu::always_inline]] long operator()() const {
    return sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  }
};

// The constructor fills in the arguments before the timed region begins.
struct Clone3 {
  Clone3() { arguments.exit_signal = SIGCHLD; }
  [[gnu::always_inline]] long operator()() {
    return sys::RawSyscall(__NR_clone3, sys::RawArg(&arguments), sizeof arguments);
  }
  clone_args arguments{};
};

// The destructor closes the descriptor after the sample.
struct Clone3PidFd {
  Clone3PidFd() {
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
  }
  Clone3PidFd(const Clone3PidFd&) = delete;
  Clone3PidFd& operator=(const Clone3PidFd&) = delete;
  ~Clone3PidFd() { sys::RawSyscall(__NR_close, pidfd); }
  [[gnu::always_inline]] long operator()() {
    return sys::RawSyscall(__NR_clone3, sys::RawArg(&arguments), sizeof arguments);
  }
  int pidfd = -1;
  clone_args arguments{};
};

// Where clone3(2) exists (Linux 5.3), a size of 0 gives EINVAL.
void NeedClone3(Context& context) {
  constexpr long kInvalid = 22;  // EINVAL
  const long answer = sys::RawSyscall(__NR_clone3, 0, 0);
  if (answer != -kInvalid) context.Skip("this kernel has no clone3(2)", -answer);
}

constexpr CreationFields kCopying = {.tags = Tag::kCore, .faults = {1, 64}};
constexpr CreationFields kBorrowing = {.tags = Tag::kCore, .faults = {0, 4}};

PROCMARK_BENCHMARKS kClone =
    List(Creation<"clone", "clone(2) without flags", Clone>(kCopying),
         Creation<"clone/flags:vm_vfork", "clone(2) with CLONE_VM|CLONE_VFORK", CloneVmVfork>(
             kBorrowing),
         Creation<"clone3", "clone3(2) without flags", Clone3, NeedClone3>(kCopying),
         Creation<"clone3/flags:pidfd", "clone3(2) with CLONE_PIDFD", Clone3PidFd, NeedClone3>(
             kCopying));

}  // namespace
}  // namespace procmark::subject

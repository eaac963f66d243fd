// clone(2) and clone3(2): the same child by every other way to ask for it.
#include <linux/sched.h>
#include <linux/signal.h>

#include "bench/subject/create.h"

namespace procmark::subject {
namespace {

struct Clone {
  explicit Clone(Context&) {}
  [[gnu::always_inline]] long operator()() const { return sys::RawClone(SIGCHLD); }
};

struct CloneVmVfork {
  explicit CloneVmVfork(Context&) {}
  [[gnu::always_inline]] long operator()() const {
    return sys::RawClone(CLONE_VM | CLONE_VFORK | SIGCHLD);
  }
};

// The arguments are filled in before the timed region begins.
struct Clone3 {
  explicit Clone3(Context&) { arguments.exit_signal = SIGCHLD; }
  [[gnu::always_inline]] long operator()() {
    return sys::RawSyscall(__NR_clone3, sys::RawArg(&arguments), sizeof arguments);
  }
  clone_args arguments{};
};

// The descriptor is closed after the sample.
struct Clone3PidFd {
  explicit Clone3PidFd(Context&) {
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

// clone3(2): a size of 0 is EINVAL where the call exists (Linux 5.3).
void NeedClone3(Context& context) {
  constexpr long kInvalid = 22;  // EINVAL
  const long answer = sys::RawSyscall(__NR_clone3, 0, 0);
  if (answer != -kInvalid) context.Skip("clone3(2) is not to be had here", -answer);
}

constexpr FaultRange kCopying = {1, 64};
constexpr FaultRange kBorrowing = {0, 4};

PROCMARK_BENCHMARKS kClone[] = {
    PROCMARK_CREATION("clone", "clone(2) without flags", "clone", kCopying, nullptr, Clone),
    PROCMARK_CREATION("clone/flags:vm_vfork", "clone(2) with CLONE_VM|CLONE_VFORK", "clone",
                      kBorrowing, nullptr, CloneVmVfork),
    PROCMARK_CREATION("clone3", "clone3(2) without flags", "clone3", kCopying, NeedClone3, Clone3),
    PROCMARK_CREATION("clone3/flags:pidfd", "clone3(2) with CLONE_PIDFD", "clone3", kCopying,
                      NeedClone3, Clone3PidFd)};

}  // namespace
}  // namespace procmark::subject

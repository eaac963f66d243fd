// SPDX-License-Identifier: MIT
#include "conformance/runner/known_state.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "conformance/vocabulary/files.h"
#include "harness/sys/inherited.h"

namespace procmark::conformance {
namespace {

// A limit of the known state. Raising a hard limit needs CAP_SYS_RESOURCE.
struct Limit {
  int resource;
  rlim_t at_least;  // of the soft limit
};
constexpr Limit kLimits[] = {
    {RLIMIT_CPU, RLIM_INFINITY}, {RLIMIT_FSIZE, RLIM_INFINITY}, {RLIMIT_DATA, RLIM_INFINITY},
    {RLIMIT_AS, RLIM_INFINITY},  {RLIMIT_LOCKS, RLIM_INFINITY}, {RLIMIT_NOFILE, 1024},
    {RLIMIT_SIGPENDING, 1024},   {RLIMIT_NPROC, 4096},          {RLIMIT_MSGQUEUE, 819200},
    {RLIMIT_STACK, 8'388'608},
};

void Raise(const Limit& limit) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(limit.resource), &now) != 0) return;
  if (now.rlim_cur >= limit.at_least) return;
  const rlimit wanted{limit.at_least, std::max(now.rlim_max, limit.at_least)};
  if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &wanted) == 0) return;
  now.rlim_cur = std::min(now.rlim_max, limit.at_least);
  (void)::setrlimit(static_cast<__rlimit_resource>(limit.resource), &now);
}

}  // namespace

void SetKnownState() {
  sys::SetKnownDescriptors();
  sys::SetKnownSignals();
  (void)::signal(SIGXFSZ, SIG_IGN);  // the runner says that its output is cut; tests reset it
  (void)::umask(022);
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_OTHER, &none);
  (void)::setpriority(PRIO_PROCESS, 0, 0);
  constexpr int kThisProcess = 1;
  (void)::syscall(SYS_ioprio_set, kThisProcess, 0, 0);
  (void)::personality(PER_LINUX);
  (void)::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  (void)WriteText("/proc/self/coredump_filter", "0x33");  // the kernel's default
  for (const Limit& limit : kLimits) Raise(limit);
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
#include "images/guest/processes.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <string>

#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::guest {
namespace {

constexpr int64_t kKernelThread = 0x00200000;  // PF_KTHREAD

// Raises the caller above every ordinary task for as long as it lives.
class RealTimeTurn {
 public:
  RealTimeTurn() {
    sched_param lowest{};
    lowest.sched_priority = 1;
    raised_ = ::sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
  }
  RealTimeTurn(const RealTimeTurn&) = delete;
  RealTimeTurn& operator=(const RealTimeTurn&) = delete;
  ~RealTimeTurn() {
    const sched_param ordinary{};
    if (raised_) ::sched_setscheduler(0, SCHED_OTHER, &ordinary);
  }

 private:
  bool raised_ = false;
};

bool IsLivingUserProcess(pid_t number) {
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(number);
  if (!stat) return false;  // gone meanwhile
  const char state = stat.Value().state;
  return (stat.Value().Flags() & kKernelThread) == 0 && state != 'Z' && state != 'X';
}

}  // namespace

std::vector<sys::Pid> OtherProcesses() {
  std::vector<sys::Pid> others;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", unreadable)) {
    const std::string name = entry.path().filename().string();
    const pid_t number = sys::ParseNumber<pid_t>(name).value_or(0);
    if (number == 1 || number == ::getpid()) continue;
    const std::optional<sys::Pid> pid = sys::Pid::From(number);
    if (pid && IsLivingUserProcess(number)) others.push_back(*pid);
  }
  return others;
}

void KillAtOnce() {
  int64_t highest = 32768;  // the kernel's default on small machines
  if (const sys::Result<std::string> text = sys::ReadSmallFile("/proc/sys/kernel/pid_max")) {
    const std::string line = text.Value().substr(0, text.Value().find('\n'));
    highest = sys::ParseNumber<int64_t>(line).value_or(highest);
  }
  const RealTimeTurn turn;
  for (int64_t number = 2; number <= highest; ++number) {
    if (number != ::getpid()) ::kill(static_cast<pid_t>(number), SIGKILL);
  }
}

bool KillOtherProcesses(sys::Deadline deadline) {
  constexpr long kFirstPauseNs = 1'000'000;
  constexpr long kLongestPauseNs = 512'000'000;
  // A look at thousands of processes costs more than their deaths: pauses grow.
  for (long pause_ns = kFirstPauseNs;; pause_ns = std::min(2 * pause_ns, kLongestPauseNs)) {
    if (OtherProcesses().empty()) return true;
    if (deadline.Expired()) return false;
    KillAtOnce();
    const timespec pause{0, pause_ns};  // the killed need the CPU to die
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace procmark::guest

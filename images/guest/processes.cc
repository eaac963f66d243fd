#include "images/guest/processes.h"

#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <string>

#include "harness/sys/proc_stat.h"

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
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (number == 1 || number == ::getpid()) continue;
    const std::optional<sys::Pid> pid = sys::Pid::From(number);
    if (pid && IsLivingUserProcess(number)) others.push_back(*pid);
  }
  return others;
}

bool KillOtherProcesses(sys::Deadline deadline) {
  const RealTimeTurn turn;
  while (true) {
    const std::vector<sys::Pid> others = OtherProcesses();
    if (others.empty()) return true;
    if (deadline.Expired()) return false;
    for (const sys::Pid pid : others) ::kill(pid.Number(), SIGKILL);
    const timespec millisecond{0, 1'000'000};  // the killed need the CPU to die
    ::nanosleep(&millisecond, nullptr);
  }
}

}  // namespace procmark::guest

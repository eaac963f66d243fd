// Programs from memory, and nothing left behind.
#include "bench/driver/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::bench {
namespace {

constexpr int kPagesFd = 3;
constexpr int kExitProgramFd = 4;
constexpr int kLibcProgramFd = 5;
constexpr int kProgramFd = 6;
constexpr int kPieProgramFd = 7;
constexpr int kDynamicProgramFd = 8;
constexpr int kCgroupFd = 9;
constexpr int kHanded = 10;  // all of them, and the standard ones
constexpr int kAboveAll = 16;
constexpr int kExecFailed = 126;
constexpr unsigned kMemfdExec = 0x10;  // MFD_EXEC, Linux 6.3: says what older kernels imply

// An executable, close-on-exec memfd with these bytes.
sys::Fd LoadProgram(const Embedded& program) {
  long number = ::syscall(SYS_memfd_create, program.name, MFD_CLOEXEC | kMemfdExec);
  if (number < 0 && errno == EINVAL)
    number = ::syscall(SYS_memfd_create, program.name, MFD_CLOEXEC);
  if (number < 0)
    sys::ThrowLost("a subject cannot be loaded: " + sys::LastError("memfd_create").Text());
  sys::Fd memory(static_cast<int>(number));
  const sys::Result<void> written =
      sys::WriteAll(memory.Get(), program.image.data(), program.image.size());
  if (!written) sys::ThrowLost("a subject cannot be loaded: " + written.Failure().Text());
  return memory;
}

// Moves `from` to the number `to` in a child that is about to execute; close-on-exec if asked.
bool Place(int from, int to, int flags) { return ::dup3(from, to, flags) == to; }

// The descriptors that become a program's, each at its number; -1: none.
struct Handed {
  int from[kHanded];
  int cgroup_entrance;
};

// Places them, and /dev/null as 0, 1 and 2. False with errno set when that failed.
bool PlaceAll(const Handed& handed) {
  int high[kHanded];
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int to = 0; to < kHanded; ++to) {
    const int from = to <= 2 ? null : handed.from[to];
    high[to] = from < 0 ? -1 : ::fcntl(from, F_DUPFD_CLOEXEC, kAboveAll);
    if (from >= 0 && high[to] < 0) return false;
  }
  for (int to = 0; to < kHanded; ++to) {
    if (high[to] < 0) {
      if (to > 2) ::close(to);
    } else if (!Place(high[to], to, to == kProgramFd ? O_CLOEXEC : 0)) {
      return false;
    }
  }
  return true;
}

// In the child. Returns only if the program could not be executed, with errno set.
void BecomeProgram(const Handed& handed, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);
  if (handed.cgroup_entrance >= 0 && ::write(handed.cgroup_entrance, "0", 1) != 1) return;
  if (!PlaceAll(handed)) return;
  ::syscall(SYS_close_range, kHanded, ~0U, 0);  // Linux 5.9; ours are close-on-exec anyway
  // A handler or a mask that was inherited would decide how children are reaped.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // One layout of the address space, in every run and program: the stack's place decides how many
  // of its pages are in use, and a fork pays for each.
  ::personality(ADDR_NO_RANDOMIZE);
  char first[] = "procmark-subject";
  char second[4];
  std::snprintf(second, sizeof second, "%d", kPagesFd);
  char* arguments[3] = {first, second, nullptr};
  char* environment[1] = {nullptr};
  // By path first: Linux 5.10 was seen to answer execveat of a memfd with ENOENT. execveat is for
  // where no /proc is mounted.
  static_assert(kProgramFd == 6);
  ::execve("/proc/self/fd/6", arguments, environment);
  ::syscall(SYS_execveat, kProgramFd, "", arguments, environment, AT_EMPTY_PATH);
}

// Kills and reaps the processes that the program left to us (we are their subreaper), by the time
// given. Each is our own child and unreaped, so its number cannot be anybody else's.
void EndOrphans(sys::Deadline deadline) {
  while (true) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
    if (ended > 0) continue;
    if (ended < 0) return;  // ECHILD: none is left
    std::optional<pid_t> living;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t number = sys::ParseNumber<pid_t>(entry.path().filename().string()).value_or(0);
      if (number <= 1) continue;
      const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(number);
      if (stat && stat.Value().ParentPid() == ::getpid()) living = number;
    }
    if (!living) continue;
    const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, *living, 0)));
    if (!pidfd.Valid()) continue;
    ::syscall(SYS_pidfd_send_signal, pidfd.Get(), SIGKILL, nullptr, 0);
    pollfd gone{pidfd.Get(), POLLIN, 0};
    ::poll(&gone, 1, deadline.PollTimeoutMs());
    if (deadline.Expired()) sys::ThrowLost("a process that a subject left behind does not die");
  }
}

}  // namespace

SharedPages::SharedPages() : memory_(::memfd_create("procmark-pages", MFD_CLOEXEC)) {
  if (!memory_.Valid())
    sys::ThrowLost("no pages to share with a subject: " + sys::LastError("memfd_create").Text());
  if (::ftruncate(memory_.Get(), sizeof(subject::Pages)) != 0)
    sys::ThrowLost("no pages to share with a subject: " + sys::LastError("ftruncate").Text());
  void* mapped = ::mmap(nullptr, sizeof(subject::Pages), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, memory_.Get(), 0);
  if (mapped == MAP_FAILED)
    sys::ThrowLost("no pages to share with a subject: " + sys::LastError("mmap").Text());
  pages_ = static_cast<subject::Pages*>(mapped);
  pages_->config.version = subject::kPagesVersion;
}

SharedPages::~SharedPages() { ::munmap(pages_, sizeof(subject::Pages)); }

std::string RunEmbedded(const Embedded& program, SharedPages& pages, long long deadline_ms,
                        const Extras& extras) {
  const sys::Fd image = LoadProgram(program);
  // A list needs nothing to execute.
  const bool measures = pages->config.order == subject::Order::kMeasure;
  const bool all = measures && extras.exec_programs;
  const auto load = [](bool wanted, const Embedded& one) {
    return wanted ? LoadProgram(one) : sys::Fd();
  };
  const sys::Fd exit_image = load(measures, ExitProgram());
  const sys::Fd libc_image = load(all, LibcExitProgram());
  const bool pie = all && !PieExitProgram().image.empty();
  const sys::Fd pie_image = load(pie, PieExitProgram());
  const sys::Fd dynamic_image = load(all, DynamicExitProgram());
  subject::Config& config = pages->config;
  config.exit_program = measures ? kExitProgramFd : -1;
  config.libc_program = all ? kLibcProgramFd : -1;
  config.pie_program = pie ? kPieProgramFd : -1;
  config.dynamic_program = all ? kDynamicProgramFd : -1;
  config.cgroup = extras.cgroup_apart >= 0 ? kCgroupFd : -1;
  const Handed handed = {{-1, -1, -1, pages.Descriptor(), exit_image.Get(), libc_image.Get(),
                          image.Get(), pie_image.Get(), dynamic_image.Get(), extras.cgroup_apart},
                         extras.cgroup_entrance};
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t parent = ::getpid();
  int* const exec_errno = &pages->report.exec_errno;
  sys::Result<sys::Child> child = sys::Child::Fork([&] {
    BecomeProgram(handed, parent);
    *exec_errno = errno;
    return kExecFailed;
  });
  if (!child) sys::ThrowLost("a subject cannot be started: " + child.Failure().Text());
  const sys::Result<std::optional<int>> waited =
      child.Value().Wait(sys::Deadline::After(deadline_ms));
  child.Value().KillAndReap();
  constexpr long long kOrphansMs = 10'000;
  EndOrphans(sys::Deadline::After(kOrphansMs));
  if (!waited) sys::ThrowLost("a subject cannot be waited for: " + waited.Failure().Text());
  const std::optional<int>& status = waited.Value();
  if (!status)
    return "the subject hung: it was killed at its deadline of " + std::to_string(deadline_ms) +
           " ms";
  if (*status == kExecFailed << 8)
    sys::ThrowLost("a subject cannot be executed: " +
                   sys::Error{"its cgroup, or exec of a memfd", *exec_errno}.Text());
  if (*status != 0) return "the subject crashed: " + sys::DescribeWaitStatus(*status);
  return "";
}

}  // namespace procmark::bench

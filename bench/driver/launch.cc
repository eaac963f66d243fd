// SPDX-License-Identifier: MIT
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

// A program's descriptors, besides 0, 1 and 2.
constexpr int kPagesFd = 3;
constexpr int kFirstExitProgramFd = 4;  // one for each subject::ExitProgram
constexpr int kProgramFd = 8;           // the program itself
constexpr int kCgroupFd = 9;
constexpr int kDescriptors = 10;  // all of them
constexpr int kAboveAll = 16;
static_assert(kFirstExitProgramFd + subject::kExitPrograms == kProgramFd);

// The names of each subject::ExitProgram.
constexpr const char* kExitProgramNames[] = {"procmark-exit-raw", "procmark-exit-libc",
                                             "procmark-exit-pie", "procmark-exit-dynamic"};
static_assert(std::size(kExitProgramNames) == subject::kExitPrograms);

constexpr int kExecFailed = 126;
constexpr unsigned kMemfdExec = 0x10;  // MFD_EXEC, Linux 6.3; older kernels imply it

// An executable, close-on-exec memfd with these bytes.
sys::Fd LoadProgram(const Embedded& program) {
  const char* const name = program.name.c_str();
  long number = ::syscall(SYS_memfd_create, name, MFD_CLOEXEC | kMemfdExec);
  if (number < 0 && errno == EINVAL) number = ::syscall(SYS_memfd_create, name, MFD_CLOEXEC);
  if (number < 0) {
    const bool forbidden = errno == EACCES;
    sys::ThrowLost("a subject cannot be loaded: " + sys::LastError("memfd_create").Text() +
                   (forbidden ? ": vm.memfd_noexec forbids files in memory that can be executed; "
                                "set it to 0 or 1"
                              : ""));
  }
  sys::Fd memory(static_cast<int>(number));
  const sys::Result<void> written =
      sys::WriteAll(memory.Get(), program.image.data(), program.image.size());
  if (!written) sys::ThrowLost("a subject cannot be loaded: " + written.Failure().Text());
  return memory;
}

// What a new program gets.
struct Inheritance {
  int descriptors[kDescriptors];  // the program's by index, from 3; -1: none
  int cgroup_entrance;
};

// In the child: moves each descriptor to its number, and /dev/null to 0, 1 and 2. False with errno
// set if that fails.
bool PlaceDescriptors(const Inheritance& inheritance) {
  int high[kDescriptors];
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int to = 0; to < kDescriptors; ++to) {
    const int from = to <= 2 ? null : inheritance.descriptors[to];
    high[to] = from < 0 ? -1 : ::fcntl(from, F_DUPFD_CLOEXEC, kAboveAll);
    if (from >= 0 && high[to] < 0) return false;
  }
  for (int to = 0; to < kDescriptors; ++to) {
    if (high[to] < 0) {
      if (to > 2) ::close(to);
    } else if (::dup3(high[to], to, to == kProgramFd ? O_CLOEXEC : 0) != to) {
      return false;
    }
  }
  return true;
}

// In the child. Returns only if the program could not be executed, with errno set.
void BecomeProgram(const Inheritance& inheritance, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);
  const int entrance = inheritance.cgroup_entrance;
  if (entrance >= 0 && ::write(entrance, "0", 1) != 1) return;
  if (!PlaceDescriptors(inheritance)) return;
  ::syscall(SYS_close_range, kDescriptors, ~0U, 0);  // Linux 5.9; ours are close-on-exec anyway
  // An inherited handler or signal mask could change how children are reaped.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // The same address space in every run and program: the address of the stack decides how many of
  // its pages are in use, and a fork copies each.
  ::personality(ADDR_NO_RANDOMIZE);
  char first[] = "procmark-subject";
  char second[4];
  std::snprintf(second, sizeof second, "%d", kPagesFd);
  char* arguments[3] = {first, second, nullptr};
  char* environment[1] = {nullptr};
  // By path first: Linux 5.10 was seen to answer execveat(2) of a memfd with ENOENT. execveat(2)
  // works without /proc.
  static_assert(kProgramFd == 8);
  ::execve("/proc/self/fd/8", arguments, environment);
  ::syscall(SYS_execveat, kProgramFd, "", arguments, environment, AT_EMPTY_PATH);
}

// Kills and reaps the processes that the program left to this process, their subreaper. Each is an
// unreaped child of this process, so no other process can have its pid. Throws Complaint (lost) if
// one lives at the deadline.
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
    if (deadline.Expired()) sys::ThrowLost("a process that a subject left behind does not end");
  }
}

}  // namespace

SharedPages::SharedPages() : memory_(::memfd_create("procmark-pages", MFD_CLOEXEC)) {
  if (!memory_.Valid())
    sys::ThrowLost("the pages to share with a subject cannot be made: " +
                   sys::LastError("memfd_create").Text());
  if (::ftruncate(memory_.Get(), sizeof(subject::Pages)) != 0)
    sys::ThrowLost("the pages to share with a subject cannot be made: " +
                   sys::LastError("ftruncate").Text());
  void* mapped = ::mmap(nullptr, sizeof(subject::Pages), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, memory_.Get(), 0);
  if (mapped == MAP_FAILED)
    sys::ThrowLost("the pages to share with a subject cannot be made: " +
                   sys::LastError("mmap").Text());
  pages_ = static_cast<subject::Pages*>(mapped);
  pages_->config.version = subject::kPagesVersion;
}

SharedPages::~SharedPages() { ::munmap(pages_, sizeof(subject::Pages)); }

std::string RunEmbedded(const Embedded& program, SharedPages& pages, long long deadline_ms,
                        const Extras& extras) {
  const sys::Fd image = LoadProgram(program);
  subject::Config& config = pages->config;
  const bool measures = config.order == subject::Order::kMeasure;
  Inheritance inheritance;
  inheritance.cgroup_entrance = extras.cgroup_entrance;
  for (int& descriptor : inheritance.descriptors) descriptor = -1;
  inheritance.descriptors[kPagesFd] = pages.Descriptor();
  inheritance.descriptors[kProgramFd] = image.Get();
  inheritance.descriptors[kCgroupFd] = extras.cgroup_apart;
  sys::Fd exit_images[subject::kExitPrograms];
  for (uint32_t i = 0; i < subject::kExitPrograms; ++i) {
    const Embedded& exit_program = EmbeddedProgram(kExitProgramNames[i]);
    const bool raw = i == static_cast<uint32_t>(subject::ExitProgram::kRaw);
    const bool wanted = measures && (raw || extras.exec_programs) && !exit_program.image.empty();
    if (wanted) exit_images[i] = LoadProgram(exit_program);
    const int to = kFirstExitProgramFd + static_cast<int>(i);
    inheritance.descriptors[to] = exit_images[i].Get();
    config.exit_programs[i] = wanted ? to : -1;
  }
  config.cgroup = extras.cgroup_apart >= 0 ? kCgroupFd : -1;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t parent = ::getpid();
  int* const exec_errno = &pages->report.exec_errno;
  sys::Result<sys::Child> child = sys::Child::Fork([&] {
    BecomeProgram(inheritance, parent);
    *exec_errno = errno;
    return kExecFailed;
  });
  if (!child) sys::ThrowLost("a subject cannot be started: " + child.Failure().Text());
  const sys::Result<std::optional<int>> waited =
      child.Value().Wait(sys::Deadline::After(deadline_ms));
  child.Value().KillAndReap();
  constexpr long long kOrphansMs = 10'000;
  EndOrphans(sys::Deadline::After(kOrphansMs));
  if (!waited) sys::ThrowLost("waiting for a subject failed: " + waited.Failure().Text());
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

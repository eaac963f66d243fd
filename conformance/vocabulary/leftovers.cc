// SPDX-License-Identifier: MIT
// Makes the names, and looks for them in the runner's own cgroup, in the freezer of version 1 and
// in the instances of tracefs.
#include "conformance/vocabulary/leftovers.h"

#include <dirent.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/trace.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

// A killed process is gone as soon as it gets a CPU.
constexpr long long kLeftoverPatienceMs = 10'000;

std::string names_of_test;  // "procmark.NAMESPACE.PID.START.TEST."

unsigned long long OwnPidNamespace() {
  struct stat own {};
  return ::stat("/proc/self/ns/pid", &own) == 0 ? static_cast<unsigned long long>(own.st_ino) : 0;
}

std::string NamesOfRunner() {
  const sys::Result<sys::ProcStat> self = sys::ProcStat::Read(::getpid());
  return "procmark." + std::to_string(OwnPidNamespace()) + "." + std::to_string(::getpid()) + "." +
         std::to_string(self ? self.Value().StartTimeTicks() : 0) + ".";
}

std::vector<std::string> FoldersIn(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  std::vector<std::string> names;
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.push_back(name);
  }
  return names;
}

// Calls `attempt` until it returns true. False when it has not done so after `patience_ms`.
bool Persist(long long patience_ms, const std::function<bool()>& attempt) {
  const sys::Deadline deadline = sys::Deadline::After(patience_ms);
  while (!attempt()) {
    if (deadline.Expired()) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

bool Gone(const std::string& path) { return ::rmdir(path.c_str()) == 0 || errno == ENOENT; }

// Removes everything with such a name from the places where tests make things. The paths found.
std::string Sweep(const std::function<bool(const std::string& name)>& ours) {
  using Remove = bool (*)(const std::string&, long long);
  const std::string tracefs = TracefsFolder();
  const std::pair<std::string, Remove> places[] = {
      {OwnCgroupFolder(), RemoveCgroup},
      {FreezerV1Folder(), RemoveCgroup},
      {tracefs.empty() ? "" : tracefs + "/instances", RemoveTraceInstance}};
  std::string found;
  for (const auto& [place, remove] : places) {
    if (place.empty() || ::access(place.c_str(), W_OK) != 0) continue;
    for (const std::string& name : FoldersIn(place)) {
      if (!ours(name)) continue;
      const std::string path = (place.back() == '/' ? place : place + "/") + name;
      found +=
          "  " + path + (remove(path, kLeftoverPatienceMs) ? "\n" : ", which cannot be removed\n");
    }
  }
  return found;
}

// True when the name belongs to a dead runner of this pid namespace.
bool IsOfDeadRunner(const std::string& name) {
  unsigned long long pid_namespace = 0;
  int pid = 0;
  long long start = 0;
  if (std::sscanf(name.c_str(), "procmark.%llu.%d.%lld.", &pid_namespace, &pid, &start) != 3) {
    return false;
  }
  if (pid_namespace != OwnPidNamespace() || pid <= 0) return false;
  const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.Valid()) return errno == ESRCH;
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
  return stat && stat.Value().StartTimeTicks() != start;
}

}  // namespace

void SetNamesOfTest(long number) {
  static const std::string runner = NamesOfRunner();
  names_of_test = runner + std::to_string(number) + ".";
}

std::string NewMachineName() {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    ThrowErrno("getrandom", errno);
  }
  char text[20];
  std::snprintf(text, sizeof text, "%012llx",
                static_cast<unsigned long long>(random & 0xffffffffffff));
  return names_of_test + text;
}

bool RemoveCgroup(const std::string& path, long long patience_ms) {
  for (const std::string& below : FoldersIn(path)) {
    (void)RemoveCgroup(path + "/" + below, patience_ms);
  }
  (void)WriteText(path + "/cgroup.freeze", "0");
  (void)WriteText(path + "/freezer.state", "THAWED");
  return Persist(patience_ms, [&] {
    std::istringstream members(TextOf(path + "/cgroup.procs"));
    for (pid_t pid = 0; members >> pid;) {
      if (pid != ::getpid()) (void)SignalProcess(pid, SIGKILL);
    }
    return Gone(path);
  });
}

bool RemoveTraceInstance(const std::string& path, long long patience_ms) {
  (void)WriteText(path + "/events/enable", "0");
  return Persist(patience_ms, [&] { return Gone(path); });
}

std::string SweepTest(long number) {
  SetNamesOfTest(number);
  return Sweep([](const std::string& name) { return name.starts_with(names_of_test); });
}

void SweepDeadRunners() { (void)Sweep(IsOfDeadRunner); }

}  // namespace procmark::conformance

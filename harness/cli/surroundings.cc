// SPDX-License-Identifier: MIT
#include "harness/cli/surroundings.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/sys/text.h"

namespace procmark::cli {
namespace {

// The first line of a file, "" when it cannot be read.
std::string LineOf(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

// The value of "NAME:\tVALUE" in /proc/self/status.
std::string StatusOf(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "";
}

using Surroundings = std::vector<Surrounding>;

void AddSysctls(Surroundings* found) {
  const std::string yama = LineOf("/proc/sys/kernel/yama/ptrace_scope");
  if (yama == "3" || (yama == "2" && ::geteuid() != 0)) {
    found->push_back(
        {fmt::format("kernel.yama.ptrace_scope is {}: tests of ptrace(2) are skipped", yama),
         yama == "3" ? "only a reboot lowers it" : "sysctl kernel.yama.ptrace_scope=1"});
  }
  if (LineOf("/proc/sys/vm/memfd_noexec") == "2") {
    found->push_back(
        {"vm.memfd_noexec is 2: benchmarks cannot run, because their subjects are "
         "executed from memory",
         "sysctl vm.memfd_noexec=0"});
  }
  const bool userns_off = LineOf("/proc/sys/user/max_user_namespaces") == "0" ||
                          LineOf("/proc/sys/kernel/unprivileged_userns_clone") == "0" ||
                          LineOf("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1";
  if (userns_off && ::geteuid() != 0) {
    found->push_back(
        {"ordinary users may not make user namespaces: tests are not isolated, and "
         "those that need a namespace are skipped",
         "run as root"});
  }
}

void AddProcess(Surroundings* found) {
  const std::string tracer = StatusOf("TracerPid");
  if (!tracer.empty() && tracer != "0") {
    found->push_back(
        {fmt::format("a tracer (pid {}) watches this process: tests that fail under it "
                     "are skipped, and its stops lengthen what benchmarks measure",
                     tracer),
         "run without strace or a debugger"});
  }
  if (StatusOf("Seccomp") == "2") {
    found->push_back(
        {"a seccomp filter is in force (a container?): tests of what it refuses are "
         "skipped, and it lengthens every system call that benchmarks measure",
         "run outside the container, or with --security-opt seccomp=unconfined"});
  }
  if (StatusOf("NoNewPrivs") == "1" && ::geteuid() != 0) {
    found->push_back({"no_new_privs is set: set-user-ID programs such as sudo do not work", ""});
  }
  if (const int nice = ::getpriority(PRIO_PROCESS, 0); nice > 0 && ::geteuid() != 0) {
    found->push_back({fmt::format("the nice value is {}: tests that need a lower one are skipped, "
                                  "and benchmarks wait for other processes",
                                  nice),
                      "run without nice"});
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) < online) {
    found->push_back({fmt::format("this process may use {} of {} CPUs: benchmarks of more CPUs are "
                                  "skipped",
                                  CPU_COUNT(&set), online),
                      ""});
  }
  const std::string profile = LineOf("/proc/self/attr/current");
  if (profile.find("(enforce)") != std::string::npos) {
    found->push_back({fmt::format("AppArmor confines this process ({})", profile), ""});
  }
  if (LineOf("/sys/fs/selinux/enforce") == "1") {
    found->push_back({"SELinux is enforcing: its hooks are part of what benchmarks measure", ""});
  }
}

struct LimitRule {
  __rlimit_resource resource;
  rlim_t needed;
  const char* letter;  // of ulimit
  const char* what;
};
constexpr LimitRule kLimits[] = {
    {RLIMIT_NOFILE, 256, "n", "open files"},
    {RLIMIT_NPROC, 256, "u", "processes of this user"},
    {RLIMIT_SIGPENDING, 64, "i", "pending signals"},
    {RLIMIT_FSIZE, RLIM_INFINITY, "f", "the size of a file"},
    {RLIMIT_CPU, RLIM_INFINITY, "t", "seconds of CPU time"},
    {RLIMIT_AS, RLIM_INFINITY, "v", "memory"},
};

void AddLimits(Surroundings* found) {
  if (::geteuid() == 0) return;  // the programs raise their limits
  for (const LimitRule& rule : kLimits) {
    rlimit limit{};
    if (::getrlimit(rule.resource, &limit) != 0 || limit.rlim_max >= rule.needed) continue;
    found->push_back({fmt::format("the hard limit of {} is {}: tests and benchmarks that need more "
                                  "are skipped",
                                  rule.what, limit.rlim_max),
                      fmt::format("raise it (ulimit -H{})", rule.letter)});
  }
}

// The folders of this process's cgroup and of those above it, in the hierarchy that `line` of
// /proc/self/cgroup names.
void AddCgroupLimits(Surroundings* found) {
  std::ifstream cgroups("/proc/self/cgroup");
  for (std::string line; std::getline(cgroups, line);) {
    const size_t path_at = line.find(':', line.find(':') + 1);
    if (path_at == std::string::npos) continue;
    const std::string path = line.substr(path_at + 1);
    const bool unified = line.starts_with("0::");
    if (!unified && line.find(":pids:") == std::string::npos) continue;
    std::filesystem::path folder = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
    folder /= std::filesystem::path(path).relative_path();
    const std::string pids = LineOf((folder / "pids.max").string());
    const std::optional<long> most = sys::ParseNumber<long>(pids);
    if (most && *most < 512) {
      found->push_back({fmt::format("the cgroup {} may have {} tasks: tests and benchmarks that "
                                    "need more are skipped",
                                    path, *most),
                        "raise its pids.max"});
    }
    const std::string quota = unified ? LineOf((folder / "cpu.max").string()) : "";
    if (!quota.empty() && !quota.starts_with("max")) {
      found->push_back(
          {fmt::format("the cgroup {} has a CPU quota (cpu.max is {}): the kernel stops "
                       "benchmarks while they are measured",
                       path, quota),
           "set its cpu.max to max"});
    }
  }
}

void AddFolders(Surroundings* found) {
  const char* folder = std::getenv("TMPDIR");
  const std::string place = folder == nullptr || *folder == '\0' ? "/tmp" : folder;
  struct stat status {};
  if (::stat(place.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      ::access(place.c_str(), W_OK | X_OK) != 0) {
    found->push_back({fmt::format("the folder for temporary files, {}, does not exist or cannot be "
                                  "written: guests cannot start",
                                  place),
                      "set TMPDIR to a folder of yours"});
  }
  if (::access("/proc/1/stat", R_OK) != 0) {
    found->push_back({"/proc is missing or hides other users' processes (hidepid)", ""});
  }
}

}  // namespace

std::vector<Surrounding> SurroundingsInForce() {
  Surroundings found;
  AddSysctls(&found);
  AddProcess(&found);
  AddLimits(&found);
  AddCgroupLimits(&found);
  AddFolders(&found);
  return found;
}

}  // namespace procmark::cli

// SPDX-License-Identifier: MIT
#include "e2e/surroundings.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/sys/arch.h"
#include "harness/sys/deadline.h"

namespace procmark::e2e {
namespace {

constexpr long long kCommandDeadlineMs = 120'000;
// Where a call is refused, some tests wait for it until their deadline.
constexpr const char* kShortDeadline = "--procmark_deadline_ms=20000";

// Makes a system call fail with `error` in this process and in those that it makes.
void Refuse(long number, int error) {
  const std::array<sock_filter, 4> code = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{code.size(), const_cast<sock_filter*>(code.data())};
  const auto install = [&] { return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0; };
  if (install()) return;  // root
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !install()) ::_exit(125);
}

std::string NeedsRoot() { return ::geteuid() == 0 ? "" : "only root can make these surroundings"; }

// Why this command does not work here, or "".
std::string Needs(const std::string& command) {
  const Answer answer = RunShell(command + " >/dev/null 2>&1");
  return answer.exit_code == 0 ? "" : "does not work here: " + command;
}

std::vector<std::string> Shell(const std::string& line) { return {"sh", "-c", line, "sh"}; }

constexpr const char* kAsUser = "exec setpriv --reuid 65534 --regid 65534 --clear-groups ";

// A wrapper that runs the suite as an ordinary user, through further wrappers.
Surrounding AsUser(const std::string& name, const std::string& wrappers, int least_passed = 300) {
  return {.name = name,
          .wrapper = Shell(kAsUser + wrappers + " \"$@\""),
          .why_not = NeedsRoot,
          .least_passed = least_passed};
}

// Mounts in a new mount namespace.
Surrounding WithMounts(const std::string& name, const std::string& mounts, int least_passed = 300) {
  return {.name = name,
          .wrapper = {"unshare", "-m", "sh", "-c", mounts + " && exec \"$@\"", "sh"},
          .why_not = NeedsRoot,
          .least_passed = least_passed};
}

void AddSignals(std::vector<Surrounding>* all) {
  all->push_back({.name = "SigchldIgnored", .prepare = [] { ::signal(SIGCHLD, SIG_IGN); }});
  all->push_back({.name = "EverySignalIgnoredAndBlocked", .prepare = [] {
                    sigset_t every;
                    ::sigfillset(&every);
                    ::sigprocmask(SIG_SETMASK, &every, nullptr);
                    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
                  }});
}

void AddRefusals(std::vector<Surrounding>* all) {
  all->push_back({.name = "NoClone3",
                  .prepare = [] { Refuse(SYS_clone3, ENOSYS); },
                  .arguments = {kShortDeadline},
                  .says = "refuses clone3(2)"});
  all->push_back({.name = "NoPtrace",
                  .prepare = [] { Refuse(SYS_ptrace, EPERM); },
                  .arguments = {kShortDeadline},
                  .says = "refuses ptrace(2)"});
  Surrounding container = AsUser("OldContainer", "--no-new-privs");
  container.prepare = [] {
    Refuse(SYS_clone3, ENOSYS);
    for (const long call : {SYS_unshare, SYS_setns, SYS_mount, SYS_ptrace, SYS_keyctl, SYS_bpf,
                            SYS_userfaultfd, SYS_io_uring_setup, SYS_perf_event_open}) {
      Refuse(call, EPERM);
    }
  };
  container.arguments = {kShortDeadline};
  container.says = "refuses clone3(2)";
  container.least_passed = 150;
  all->push_back(container);
  all->push_back(
      {.name = "UnderStrace",
       .wrapper = {"strace", "-f", "-qq", "-e", "trace=none", "-o", "/dev/null"},
       .why_not = [] { return Needs("strace -o /dev/null true"); },
       .arguments = {"--gtest_filter=Pid.*:PtraceStop.*:WaitFilter.*:Fork.*", kShortDeadline},
       .says = "under a tracer",
       .least_passed = 5});
}

void AddLimits(std::vector<Surrounding>* all) {
  all->push_back(AsUser("NiceFive", "nice -n 5"));
  all->push_back(AsUser("NiceNineteen", "nice -n 19"));
  all->push_back(AsUser("FewDescriptors", "prlimit --nofile=64"));
  all->push_back(AsUser("FewestDescriptors", "prlimit --nofile=32"));
  all->push_back(AsUser("FewProcesses", "prlimit --nproc=50"));
  all->push_back(AsUser("CpuTime", "prlimit --cpu=600"));
  all->push_back(AsUser("NoPendingSignals", "prlimit --sigpending=0"));
  all->push_back(AsUser("SmallFiles", "prlimit --fsize=4194304"));
  all->push_back(AsUser("NoCoreDumps", "prlimit --core=0"));
  all->push_back({.name = "LimitsOfRoot",
                  .wrapper = {"prlimit", "--nofile=32", "--sigpending=0", "--fsize=0", "--cpu=600",
                              "--nproc=50"},
                  .why_not = [] {
                    return NeedsRoot() + Needs("prlimit --cpu=600 prlimit --cpu=unlimited true");
                  }});
  all->push_back({.name = "Umask", .wrapper = Shell("umask 0777; exec \"$@\"")});
  all->push_back({.name = "OneCpu", .wrapper = {"taskset", "-c", "0"}});
  all->push_back({.name = "IdlePolicies", .wrapper = {"chrt", "--idle", "0", "ionice", "-c", "3"}});
  all->push_back({.name = "Personality", .wrapper = {"setarch", "-R"}});
  all->push_back(
      {.name = "PidsMax",
       .wrapper = Shell("d=$(mktemp -d /sys/fs/cgroup/pids/procmark-e2e.XXXX) && echo 30 "
                        ">$d/pids.max && echo $$ >$d/cgroup.procs && \"$@\"; code=$?; "
                        "echo $$ >/sys/fs/cgroup/pids/cgroup.procs; rmdir $d; exit $code"),
       .why_not = [] { return Needs("test -w /sys/fs/cgroup/pids/cgroup.procs"); },
       .least_passed = 200});
}

void AddPlaces(std::vector<Surrounding>* all) {
  all->push_back({.name = "TmpdirMissing", .environment = {{"TMPDIR", "/nonexistent/folder"}}});
  all->push_back({.name = "TmpdirBelowTmp", .environment = {{"TMPDIR", "/tmp/procmark-e2e-none"}}});
  all->push_back({.name = "Sharded",
                  .environment = {{"GTEST_TOTAL_SHARDS", "2"},
                                  {"GTEST_SHARD_INDEX", "1"},
                                  {"GTEST_BREAK_ON_FAILURE", "1"},
                                  {"GTEST_CATCH_EXCEPTIONS", "0"}}});
  all->push_back(WithMounts("HidePid", "mount -o remount,hidepid=2 /proc"));
  all->push_back(WithMounts("ReadOnlyTmp", "mount -t tmpfs -o ro none /tmp"));
  all->push_back(WithMounts("NoexecTmp", "mount -t tmpfs -o noexec none /tmp"));
  all->push_back(WithMounts("NoCgroups", "mount -t tmpfs none /sys/fs/cgroup"));
  all->push_back(
      {.name = "PidNamespaceWithTheOldProc", .wrapper = {"unshare", "-pf"}, .why_not = NeedsRoot});
  all->push_back({.name = "PidNamespace",
                  .wrapper = {"unshare", "-pf", "--mount-proc"},
                  .why_not = NeedsRoot});
  all->push_back(
      {.name = "TimeNamespace",
       .wrapper = {"unshare", "-T", "--boottime", "100000", "--monotonic", "100000", "-f"},
       .why_not = [] { return Needs("unshare -T -f true"); }});
  all->push_back(AsUser("NoCapabilities", "--no-new-privs --bounding-set=-all"));
  all->push_back(
      {.name = "MemfdNoexec",
       .wrapper = {"unshare", "-pf", "--mount-proc", "sh", "-c",
                   "echo 2 >/proc/sys/vm/memfd_noexec && exec \"$@\"", "sh"},
       .why_not = [] { return NeedsRoot() + Needs("test -e /proc/sys/vm/memfd_noexec"); }});
}

// PATH below the folder of this machine's static programs.
std::string ProgramIn(const std::string& path) {
  const std::filesystem::path builds = std::filesystem::path(PROCMARK_BUILD_DIR).parent_path();
  std::string programs = "programs-";
  programs += sys::kCompiledArch.name;
  return (builds / programs / path).string();
}

// Reads a pipe to its end. With `when_full`, each read waits until the writer has filled the pipe
// or has ended, so that a writer that does not wait loses output.
std::string ReadAll(const sys::Fd& pipe, sys::Child* writer, bool when_full) {
  std::string text;
  const sys::Deadline deadline = sys::Deadline::After(kCommandDeadlineMs);
  const int capacity = ::fcntl(pipe.Get(), F_GETPIPE_SZ);
  while (!deadline.Expired()) {
    int ready = 0;
    pollfd ended{writer->PidFd(), POLLIN, 0};
    while (when_full && ::ioctl(pipe.Get(), FIONREAD, &ready) == 0 && ready < capacity) {
      if (::poll(&ended, 1, 20) != 0 || deadline.Expired()) break;
    }
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(pipe.Get(), buffer.data(), buffer.size());
    if (got == 0) break;
    if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
  }
  return text;
}

Answer RunToPipe(const std::string& line, bool non_blocking) {
  sys::Pipe out = std::move(sys::Pipe::Create()).Value();
  if (non_blocking) ::fcntl(out.write.Get(), F_SETFL, O_NONBLOCK);
  std::FILE* const err = std::tmpfile();
  sys::Child::Options options;
  options.fds = {{1, out.write.Get()}, {2, ::fileno(err)}};
  sys::Child child = sys::Child::Spawn({"sh", "-c", line}, options).Value();
  out.write.Close();
  Answer answer;
  answer.out = ReadAll(out.read, &child, non_blocking);
  const auto status = child.Wait(sys::Deadline::After(kCommandDeadlineMs));
  if (status && status.Value() && WIFEXITED(*status.Value())) {
    answer.exit_code = WEXITSTATUS(*status.Value());
  }
  std::rewind(err);
  std::array<char, 4096> buffer;
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), err)) {
    answer.err.append(buffer.data(), got);
  }
  std::fclose(err);
  return answer;
}

}  // namespace

std::vector<Surrounding> AllSurroundings() {
  std::vector<Surrounding> all;
  AddSignals(&all);
  AddRefusals(&all);
  AddLimits(&all);
  AddPlaces(&all);
  return all;
}

std::string ConformanceProgram() { return ProgramIn("conformance/procmark-conformance"); }
std::string BenchProgram() { return ProgramIn("bench/procmark-bench"); }

sys::Child Start(const std::vector<std::string>& argv, const Surrounding& surrounding,
                 const std::string& out) {
  return std::move(sys::Child::Fork([&] {
           const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
           if (file < 0 || ::dup2(file, 1) < 0 || ::dup2(file, 2) < 0) return 125;
           std::vector<char*> words;
           for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
           words.push_back(nullptr);
           for (const auto& [name, value] : surrounding.environment) {
             ::setenv(name.c_str(), value.c_str(), 1);
           }
           ::prctl(PR_SET_PDEATHSIG, SIGKILL);
           surrounding.prepare();
           ::execvp(words[0], words.data());
           return 126;
         }))
      .Value();
}

Answer RunShell(const std::string& line) { return RunToPipe(line, false); }
Answer RunToNonBlockingPipe(const std::string& line) { return RunToPipe(line, true); }

std::string TextOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace procmark::e2e

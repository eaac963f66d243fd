// SPDX-License-Identifier: MIT
#include "bench/driver/peer.h"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/text.h"

namespace procmark::bench {
namespace {

constexpr double kNanoseconds = 1e9;

Peer StressNg(const char* name, const char* stressor, int64_t operations, const char* peer_of,
              const char* sentence) {
  const std::string option = std::string("--") + stressor;
  return {name,
          peer_of,
          sentence,
          PeerFormat::kStressNg,
          {"stress-ng", "--temp-path", "/tmp", "--metrics-brief", option, "1", option + "-ops",
           std::to_string(operations)},
          operations};
}

// One child at a time, created by fork(2) and execve(2). By default it has 4096 children, created
// in several ways.
Peer StressNgExec(const char* peer_of, const char* sentence) {
  Peer peer = StressNg("peers/stress-ng/exec", "exec", 50, peer_of, sentence);
  peer.command.insert(peer.command.end(), {"--exec-max", "1", "--exec-fork-method", "fork",
                                           "--exec-method", "execve", "--exec-no-pthread"});
  peer.not_as_root = true;
  return peer;
}

Peer PerfBench(const char* name, std::vector<std::string> words, int64_t operations,
               const char* peer_of, const char* sentence) {
  std::vector<std::string> command = {"perf", "bench", "--format=simple"};
  command.insert(command.end(), words.begin(), words.end());
  command.insert(command.end(), {"-l", std::to_string(operations)});
  return {name, peer_of, sentence, PeerFormat::kPerfBench, std::move(command), operations};
}

// The path of a command, found as a shell does; "" if it is not installed.
std::string FindCommand(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : sys::Split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    const std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

const char* PackageOf(const std::string& command) {
  return command == "perf" ? "linux-perf" : "stress-ng";
}

// "stress-ng: metrc: [1] fork   300   0.22   0.08   0.07   1362.18   2035.26"
std::optional<double> StressNgRate(const std::string& stressor, const std::string& printed) {
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string tool;
    std::string kind;
    std::string number;
    std::string name;
    words >> tool >> kind >> number >> name;
    double operations = 0;
    double real_s = 0;
    double user_s = 0;
    double system_s = 0;
    double rate = 0;
    if (name == stressor && words >> operations >> real_s >> user_s >> system_s >> rate)
      return rate;
  }
  return {};
}

std::string LastLine(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// The tool's own message that it cannot run here. Then the missing number is no fault of ours.
std::string WhyNotHere(const std::string& printed) {
  for (const char* words : {"skipping the stressor", "Unknown benchmark", "unrecognized option",
                            "Unknown collection"}) {
    const size_t at = printed.find(words);
    if (at == std::string::npos) continue;
    const size_t begin = printed.rfind('\n', at) + 1;
    return "the tool says: " + printed.substr(begin, printed.find('\n', at) - begin);
  }
  return "";
}

}  // namespace

const std::vector<Peer>& Peers() {
  static const std::vector<Peer> peers = {
      StressNg("peers/stress-ng/fork", "fork", 50, "fork/to:reaped",
               "stress-ng --fork, per bogo operation. Its parent is dynamic and has libraries and "
               "megabytes of buffers to copy; its child makes about ten system calls (setpgid, "
               "setsid, vhangup, sched_yield) before it exits."),
      StressNg("peers/stress-ng/vfork", "vfork", 500, "vfork/to:reaped",
               "stress-ng --vfork, per bogo operation. The child borrows its parent's memory, so "
               "nothing is copied; only the loop's own bookkeeping is added."),
      StressNg("peers/stress-ng/clone", "clone", 5, "clone/to:reaped",
               "stress-ng --clone, per bogo operation. The flags change from call to call and "
               "include namespaces; the child unshares and enters more; many live at once and are "
               "reaped late. No two of its operations are the same."),
      StressNg("peers/stress-ng/pthread", "pthread", 20, "thread/form:libc/to:reaped",
               "stress-ng --pthread, per bogo operation. Up to 1024 threads live at once, and each "
               "reads /proc and signals before it ends."),
      StressNgExec("exec/program:libc/after:fork/to:reaped",
                   "stress-ng --exec, per bogo operation, one child at a time. It forks its own "
                   "large process and executes itself, a large dynamic program; about every fourth "
                   "call fails on purpose."),
      PerfBench("peers/perf/sched_pipe", {"sched", "pipe"}, 2000, "yardstick/switch:pipe",
                "perf bench sched pipe, per round trip. The same two switches, but its processes "
                "are large and dynamic, and it also times its start."),
      PerfBench("peers/perf/syscall_basic", {"syscall", "basic"}, 200'000, "yardstick/getpid",
                "perf bench syscall basic: getppid(2) through the C library. Its work is similar: "
                "the kernel's entry, one field, the exit."),
      PerfBench("peers/perf/syscall_fork", {"syscall", "fork"}, 200, "fork/to:reaped",
                "perf bench syscall fork. It copies its own process, with about 300 mappings and "
                "its libraries; the child ends by exit(3)."),
      PerfBench("peers/perf/syscall_execve", {"syscall", "execve"}, 100,
                "exec/program:libc/after:fork/to:reaped",
                "perf bench syscall execve. It forks its own large process and executes /bin/true, "
                "which is dynamic.")};
  return peers;
}

std::optional<int64_t> ParsePeer(const Peer& peer, const std::string& printed) {
  double seconds = 0;
  const double operations = static_cast<double>(peer.operations);
  if (peer.format == PeerFormat::kStressNg) {
    const std::string stressor =
        std::string(peer.name).substr(std::string(peer.name).rfind('/') + 1);
    const std::optional<double> rate = StressNgRate(stressor, printed);
    if (!rate || !(*rate > 0)) return {};
    seconds = operations / *rate;
  } else {
    const std::optional<double> printed_seconds = sys::ParseReal(LastLine(printed));
    if (!printed_seconds || !(*printed_seconds > 0)) return {};
    seconds = *printed_seconds;
  }
  return std::llround(seconds * kNanoseconds);
}

PeerRuns RunPeer(const Peer& peer, int64_t runs, long long deadline_ms) {
  PeerRuns done;
  std::vector<std::string> command = peer.command;
  const std::string tool = command.front();
  command.front() = FindCommand(tool);
  if (command.front().empty()) {
    done.skip = tool + " is not installed here (Debian: " + PackageOf(tool) + ")";
    return done;
  }
  if (peer.not_as_root && ::geteuid() == 0) {
    // A change of user clears PR_SET_PDEATHSIG, by which the tool dies with this process
    // (prctl(2)).
    command.insert(command.begin(), {"setpriv", "--pdeathsig=keep", "--reuid=65534",
                                     "--regid=65534", "--clear-groups", "--"});
  }
  const sys::Deadline deadline = sys::Deadline::After(deadline_ms);
  for (int64_t i = 0; i < runs; ++i) {
    const sys::Result<sys::CommandOutput> output = sys::RunCommand(command, deadline);
    if (!output && output.Failure().error_number == ETIMEDOUT) {
      done.skip =
          tool + " did not end in " + std::to_string(deadline_ms) + " ms: this machine is too busy";
      return done;
    }
    if (!output) sys::ThrowLost(tool + " cannot be run: " + output.Failure().Text());
    const std::string printed = output.Value().out + output.Value().err;
    const std::optional<int64_t> sample = ParsePeer(peer, printed);
    if (!sample) {
      done.skip = WhyNotHere(printed);
      if (done.skip.empty()) {
        done.refused = tool + " (" + sys::DescribeWaitStatus(output.Value().status) +
                       ") printed no number; at its end: " + LastLine(printed);
      }
      return done;
    }
    done.samples.push_back(*sample);
  }
  return done;
}

}  // namespace procmark::bench

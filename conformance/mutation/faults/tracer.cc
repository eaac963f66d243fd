// SPDX-License-Identifier: MIT
#include "conformance/mutation/faults/tracer.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>

#include "conformance/mutation/faults/filter.h"
#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::fault {
namespace {

constexpr int kNoProgram = 127;
constexpr uintptr_t kOptions = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
                               PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

// One traced task.
struct Tracee {
  bool spared = false;   // the rules do not apply: the runner or a reaper
  Call::Edit at_return;  // to run when the current call returns
};

class Tracer {
 public:
  Tracer(const Fault& fault, pid_t runner) : fault_(fault), runner_(runner) {}

  // Handles stops until the last task has ended. Returns the raw wait status of the runner.
  int Run();

 private:
  Tracee& Meet(pid_t task);
  void HandleStop(pid_t task, int status);
  void HandleCall(pid_t task, Tracee& tracee);
  void HandleReturn(pid_t task, Tracee& tracee);
  const Rule* RuleFor(const Call& call) const;
  static void Resume(pid_t task, const Tracee& tracee, int signal);

  const Fault& fault_;
  pid_t runner_;
  std::map<pid_t, Tracee> tracees_;
};

// The entry of a task. A new task is added at its first stop, before its first instruction. The
// children of the runner are reapers; all other tasks belong to tests.
Tracee& Tracer::Meet(pid_t task) {
  const auto found = tracees_.find(task);
  if (found != tracees_.end()) return found->second;
  Tracee& tracee = tracees_[task];
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(task);
  tracee.spared = task == runner_ || (stat && stat.Value().ParentPid() == runner_);
  if (!tracee.spared && fault_.at_birth) fault_.at_birth(task);
  return tracee;
}

void Tracer::Resume(pid_t task, const Tracee& tracee, int signal) {
  // ESRCH means that SIGKILL ended the stop.
  (void)::ptrace(tracee.at_return ? PTRACE_SYSCALL : PTRACE_CONT, task, nullptr, signal);
}

const Rule* Tracer::RuleFor(const Call& call) const {
  for (const Rule& rule : fault_.rules) {
    if (rule.number != call.Number()) continue;
    bool fits = true;
    for (const Condition& condition : rule.when) {
      const auto masked = static_cast<uint32_t>(call.Argument(condition.argument)) & condition.mask;
      fits = fits && (masked == condition.value) == condition.equal;
    }
    if (fits) return &rule;
  }
  return nullptr;
}

void Tracer::HandleCall(pid_t task, Tracee& tracee) {
  std::optional<Call> call = tracee.spared ? std::nullopt : Call::Of(task);
  if (call) {
    if (const Rule* rule = RuleFor(*call)) rule->edit(*call);
    call->Commit();
    tracee.at_return = call->TakeReturnEdit();
  }
  Resume(task, tracee, 0);
}

void Tracer::HandleReturn(pid_t task, Tracee& tracee) {
  const Call::Edit edit = std::move(tracee.at_return);
  tracee.at_return = nullptr;
  if (std::optional<Call> call = Call::Of(task); call && edit) {
    edit(*call);
    call->Commit();
  }
  Resume(task, tracee, 0);
}

void Tracer::HandleStop(pid_t task, int status) {
  Tracee& tracee = Meet(task);
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
      HandleCall(task, tracee);
      return;
    case PTRACE_EVENT_STOP:
      // A signal other than SIGTRAP means a group stop: the task stays stopped until SIGCONT.
      if (signal == SIGTRAP) {
        Resume(task, tracee, 0);
      } else {
        (void)::ptrace(PTRACE_LISTEN, task, nullptr, nullptr);
      }
      return;
    case 0:
      break;
    default:  // fork, vfork, clone: the new task reports its own first stop
      Resume(task, tracee, 0);
      return;
  }
  if (signal == (SIGTRAP | 0x80)) {
    HandleReturn(task, tracee);
  } else {
    Resume(task, tracee, signal);
  }
}

int Tracer::Run() {
  int runner_status = 0;
  while (true) {
    int status = 0;
    const pid_t task = ::waitpid(-1, &status, __WALL);
    if (task < 0 && errno == EINTR) continue;
    if (task < 0) return runner_status;  // ECHILD: no task is left
    if (WIFSTOPPED(status)) {
      HandleStop(task, status);
      continue;
    }
    tracees_.erase(task);
    if (task == runner_) runner_status = status;
  }
}

std::vector<char*> Pointers(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  for (const std::string& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// To be called in the new process. Waits until the process is traced, then executes the program.
[[noreturn]] void BecomeProgram(const Fault& fault, std::vector<char*> argv, int go) {
  char byte = 0;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::read(go, &byte, 1) != 1) ::_exit(kNoProgram);
  try {
    InstallFilter(fault.rules);
    ::execv(argv[0], argv.data());
    std::perror(argv[0]);
  } catch (const sys::Complaint& complaint) {
    std::fprintf(stderr, "procmark-fault: %s\n", complaint.what());
  }
  ::_exit(kNoProgram);
}

}  // namespace

int RunOnFaultyKernel(const Fault& fault, const std::vector<std::string>& argv) {
  sys::Result<sys::Pipe> go = sys::Pipe::Create();
  if (!go) sys::ThrowLost("no pipe for the program: " + go.Failure().Text());
  const pid_t runner = ::fork();
  if (runner < 0) sys::ThrowLost(std::string("fork: ") + std::strerror(errno));
  if (runner == 0) BecomeProgram(fault, Pointers(argv), go.Value().read.Get());
  if (fault.NeedsTracer() && ::ptrace(PTRACE_SEIZE, runner, nullptr, kOptions) != 0) {
    sys::ThrowLost(std::string("the kernel refuses ptrace (") + std::strerror(errno) + ")");
  }
  if (!sys::WriteAll(go.Value().write.Get(), "g", 1)) sys::ThrowLost("the program did not start");
  return Tracer(fault, runner).Run();
}

}  // namespace procmark::fault

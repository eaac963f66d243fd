// SPDX-License-Identifier: MIT
#include "images/guest/program.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "harness/sys/child.h"
#include "images/guest/boot_facts.h"
#include "images/guest/processes.h"

namespace procmark::guest {
namespace {

constexpr int kWireFd = 3;
constexpr int kPipeBytes = 1 << 20;  // a record fits, so that its writer never waits for init
constexpr long long kDeathMs = 10'000;
constexpr int64_t kKilledAtDeadline = -1;
constexpr int64_t kNotStarted = 127 << 8;

enum class Ending { kEnded, kDeadline, kFlood };

// While it lives, the kernel's out-of-memory killer looks elsewhere than at the caller
// (proc_pid_oom_score_adj(5)). Made only after the program has started: a child inherits it.
class OutOfMemoryShield {
 public:
  OutOfMemoryShield() { Write("-1000"); }
  OutOfMemoryShield(const OutOfMemoryShield&) = delete;
  OutOfMemoryShield& operator=(const OutOfMemoryShield&) = delete;
  ~OutOfMemoryShield() { Write("0"); }

 private:
  static void Write(std::string_view value) {
    const sys::Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (file.Valid() && sys::WriteAll(file.Get(), value.data(), value.size())) return;
    std::fprintf(stderr, "procmark-init: cannot set oom_score_adj\n");
  }
};

// The read end of a program's pipe, and what came through it.
class Output {
 public:
  Output(sys::Fd pipe, Records& records) : pipe_(std::move(pipe)), records_(records) {}

  // -1 once the pipe has ended: poll(2) then leaves it alone.
  int PollFd() const { return pipe_.Get(); }
  bool Flooded() const { return bytes_ > kLongestOutputBytes; }

  // Relays what one read(2) gives; closes at the end.
  void Read() {
    static std::array<char, kPipeBytes> buffer;
    const ssize_t got = ::read(pipe_.Get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      pipe_.Close();
      return;
    }
    bytes_ += static_cast<size_t>(got);
    if (!Flooded()) records_.Relay({buffer.data(), static_cast<size_t>(got)});
  }

  // What is still in the pipe once no process is left to write to it.
  void Drain(sys::Deadline deadline) {
    while (pipe_.Valid() && !Flooded() && !deadline.Expired()) {
      pollfd more{pipe_.Get(), POLLIN, 0};
      if (::poll(&more, 1, deadline.PollTimeoutMs()) > 0) Read();
    }
    records_.EndLine();
  }

 private:
  sys::Fd pipe_;
  Records& records_;
  size_t bytes_ = 0;
};

Ending Follow(const sys::Child& child, Output& output, sys::Deadline deadline) {
  while (true) {
    std::array<pollfd, 2> events{pollfd{child.PidFd(), POLLIN, 0},
                                 pollfd{output.PollFd(), POLLIN, 0}};
    const int ready = ::poll(events.data(), events.size(), deadline.PollTimeoutMs());
    if (ready < 0 && errno != EINTR) throw std::runtime_error("poll failed");
    if (ready > 0 && events[1].revents != 0) output.Read();
    if (output.Flooded()) return Ending::kFlood;
    if (ready > 0 && events[0].revents != 0) return Ending::kEnded;
    if (deadline.Expired()) return Ending::kDeadline;
  }
}

void KillAllThatIsLeft() {
  if (KillOtherProcesses(sys::Deadline::After(kDeathMs))) return;
  throw std::runtime_error("a process survives SIGKILL: the guest is of no further use");
}

int64_t Supervise(int64_t index, const JobProgram& program, sys::Child child, Output& output) {
  const Ending ending = Follow(child, output, sys::Deadline::After(program.deadline_ms));
  if (ending != Ending::kEnded) {
    std::fprintf(stderr, "procmark-init: program %lld %s: killed\n", static_cast<long long>(index),
                 ending == Ending::kFlood ? "sent too much" : "passed its deadline");
    KillAtOnce();
  }
  const sys::Result<std::optional<int>> status = child.Wait(sys::Deadline::After(kDeathMs));
  KillAllThatIsLeft();
  output.Drain(sys::Deadline::After(kDeathMs));
  if (ending == Ending::kDeadline) return kKilledAtDeadline;
  if (!status || !status.Value()) throw std::runtime_error("a killed program does not end");
  return *status.Value();
}

}  // namespace

void RunJobProgram(int64_t index, const JobProgram& program, Records& records) {
  records.Send(wire::ProgramStart{.index = index});
  sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
  if (!pipe) throw std::runtime_error(pipe.Failure().Text());
  ::fcntl(pipe.Value().read.Get(), F_SETPIPE_SZ, kPipeBytes);
  ::fcntl(pipe.Value().read.Get(), F_SETFL, O_RDONLY | O_NONBLOCK);
  sys::Child::Options options;
  options.fds = {
      {STDOUT_FILENO, STDOUT_FILENO},
      {STDERR_FILENO, STDERR_FILENO},
      {kWireFd, pipe.Value().write.Get()},
  };
  options.die_with_parent = false;  // PR_GET_PDEATHSIG must be what a program expects: none
  sys::Result<sys::Child> child = sys::Child::Spawn(program.argv, options);
  pipe.Value().write.Close();
  int64_t status = kNotStarted;
  if (child) {
    const OutOfMemoryShield shield;
    Output output(std::move(pipe.Value().read), records);
    status = Supervise(index, program, std::move(child).Value(), output);
  } else {
    std::fprintf(stderr, "procmark-init: %s: %s\n", program.argv.front().c_str(),
                 child.Failure().Text().c_str());
  }
  records.Send(wire::ProgramEnd{.index = index, .status = status, .tainted = ReadTainted()});
}

}  // namespace procmark::guest

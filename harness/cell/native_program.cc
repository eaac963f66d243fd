// SPDX-License-Identifier: MIT
#include "harness/cell/native_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "harness/cell/tail.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"
#include "harness/wire/stream.h"

namespace procmark::cell {
namespace {

constexpr size_t kOutputTailBytes = 4096;

// Reads everything that is there now; false once the stream has ended.
template <typename Sink>
bool Drain(int fd, Sink&& sink) {
  while (true) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      sink(std::string_view(buffer.data(), static_cast<size_t>(got)));
    } else if (got == 0 || errno != EINTR) {
      return got < 0 && errno == EAGAIN;
    }
  }
}

// The program's streams while it runs.
struct Streams {
  sys::Fd wire;
  sys::Fd output;
};

// Starts the program with its streams; our ends do not block.
sys::Child Start(const std::vector<std::string>& argv, Streams& streams) {
  sys::Result<sys::Pipe> wire = sys::Pipe::Create();
  sys::Result<sys::Pipe> output = sys::Pipe::Create();
  if (!wire || !output) {
    sys::ThrowLost("cannot make a pipe: " + (wire ? output : wire).Failure().Text() +
                   "; raise the limit of open files (ulimit -n)");
  }
  sys::Child::Options options;
  options.fds = {{1, output.Value().write.Get()},
                 {2, output.Value().write.Get()},
                 {kWireFd, wire.Value().write.Get()}};
  sys::Result<sys::Child> child = sys::Child::Spawn(argv, options);
  if (!child) {
    sys::ThrowLost(fmt::format("cannot start {}: {}", argv.front(), child.Failure().Text()));
  }
  streams.wire = std::move(wire.Value().read);
  streams.output = std::move(output.Value().read);
  for (const int fd : {streams.wire.Get(), streams.output.Get()}) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  return std::move(child).Value();
}

}  // namespace

std::optional<ProgramLoss> LossOf(const ProgramOutcome& outcome, const std::string& program) {
  const std::string printed =
      outcome.output_tail.empty() ? "" : "; it printed: " + outcome.output_tail;
  if (outcome.interrupted) return std::nullopt;
  if (outcome.timed_out) {
    return ProgramLoss{
        store::LossKind::kTimeout,
        fmt::format("{} was still running at its deadline and was killed{}", program, printed)};
  }
  if (WIFSIGNALED(outcome.status)) {
    return ProgramLoss{
        store::LossKind::kCrash,
        fmt::format("{} was {}{}", program, sys::DescribeWaitStatus(outcome.status), printed)};
  }
  if (outcome.garbage > 0) {
    return ProgramLoss{store::LossKind::kLost,
                       fmt::format("{} sent {} lines that are not records, the first: {}", program,
                                   outcome.garbage, outcome.first_garbage)};
  }
  if (!outcome.done) {
    return ProgramLoss{store::LossKind::kLost,
                       fmt::format("{} ended ({}) without its last record{}", program,
                                   sys::DescribeWaitStatus(outcome.status), printed)};
  }
  return std::nullopt;
}

ProgramOutcome RunNativeProgram(const std::vector<std::string>& argv, sys::Deadline deadline,
                                bool stop_on_interrupt,
                                const std::function<void(const wire::Event&)>& on_event) {
  ProgramOutcome outcome;
  int64_t events = 0;
  wire::EventReader reader(
      [&](const wire::Event& event) {
        if (const auto* done = std::get_if<wire::Done>(&event)) {
          outcome.done = done->events == events;
          return;
        }
        ++events;
        on_event(event);
      },
      [&](const std::string& sentence) {
        if (outcome.garbage++ == 0) outcome.first_garbage = sentence;
      });
  Tail output(kOutputTailBytes);
  Streams streams;
  sys::Child child = Start(argv, streams);
  const auto feed = [&](std::string_view bytes) { reader.Feed(bytes); };
  const auto keep = [&](std::string_view bytes) { output.Add(bytes); };
  bool ended = false;
  while (!ended) {
    std::array<pollfd, 4> waits{
        pollfd{streams.wire.Get(), POLLIN, 0}, pollfd{streams.output.Get(), POLLIN, 0},
        pollfd{child.PidFd(), POLLIN, 0},
        pollfd{stop_on_interrupt ? sys::Interrupt::PollFd() : -1, POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), deadline.PollTimeoutMs()) < 0 && errno != EINTR) {
      sys::ThrowLost("poll failed: " + sys::LastError("poll").Text());
    }
    if (waits[0].revents != 0 && !Drain(streams.wire.Get(), feed)) streams.wire.Close();
    if (waits[1].revents != 0 && !Drain(streams.output.Get(), keep)) streams.output.Close();
    ended = waits[2].revents != 0;
    outcome.interrupted = !ended && waits[3].revents != 0;
    outcome.timed_out = !ended && !outcome.interrupted && deadline.Expired();
    if (outcome.interrupted || outcome.timed_out) child.KillAndReap();
    ended = ended || outcome.interrupted || outcome.timed_out;
  }
  // What is still in the pipes. A grandchild may hold them open: do not wait for their end.
  if (streams.wire.Valid()) Drain(streams.wire.Get(), feed);
  if (streams.output.Valid()) Drain(streams.output.Get(), keep);
  reader.End();
  sys::Result<std::optional<int>> status = child.Wait(sys::Deadline::Never());
  if (status && status.Value()) outcome.status = *status.Value();
  outcome.output_tail = output.Text();
  return outcome;
}

}  // namespace procmark::cell

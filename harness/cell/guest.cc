#include "harness/cell/guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "harness/cell/console.h"
#include "harness/cell/qemu_argv.h"
#include "harness/cell/qmp.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"
#include "harness/wire/stream.h"

namespace procmark::cell {
namespace {

constexpr size_t kStderrTailBytes = 2048;

std::string OneLine(const std::string& text) {
  std::string line;
  for (const char byte : text) line += byte == '\n' ? std::string("; ") : std::string(1, byte);
  return line;
}

// One running QEMU and everything it says.
class Session {
 public:
  Session(const std::vector<std::string>& argv, const GuestLimits& limits,
          const std::function<void(const wire::Event&)>& on_event);

  // Takes what comes until QEMU has ended or must be ended. The kind of a forced end, or "".
  std::string Watch();
  GuestOutcome Outcome(const std::string& forced);

 private:
  struct Stream {
    sys::Fd fd;
    std::function<void(std::string_view)> sink;
  };

  void Start(const std::vector<std::string>& argv);
  // Reads all that is there; closes the stream at its end.
  void Drain(Stream& stream);
  void OnEvent(const wire::Event& event);

  const GuestLimits& limits_;
  const std::function<void(const wire::Event&)>& on_event_;
  wire::EventReader reader_;
  ConsoleWatch console_;
  Tail stderr_{kStderrTailBytes};
  std::array<Stream, 3> streams_;  // records, console, QEMU's own stderr
  std::optional<Qmp> qmp_;
  bool qmp_open_ = true;
  std::optional<sys::Child> qemu_;
  sys::Deadline total_;
  sys::Deadline silence_;
  int64_t bytes_ = 0;
  int64_t garbage_ = 0;
  std::string first_garbage_;
  bool done_ = false;
  bool hello_ = false;
};

Session::Session(const std::vector<std::string>& argv, const GuestLimits& limits,
                 const std::function<void(const wire::Event&)>& on_event)
    : limits_(limits),
      on_event_(on_event),
      reader_([this](const wire::Event& event) { OnEvent(event); },
              [this](const std::string& sentence) {
                if (garbage_++ == 0) first_garbage_ = sentence;
              }),
      total_(sys::Deadline::After(limits.total_ms)),
      silence_(sys::Deadline::After(limits.silence_ms)) {
  streams_[0].sink = [this](std::string_view bytes) { reader_.Feed(bytes); };
  streams_[1].sink = [this](std::string_view bytes) { console_.Add(bytes); };
  streams_[2].sink = [this](std::string_view bytes) { stderr_.Add(bytes); };
  Start(argv);
}

void Session::Start(const std::vector<std::string>& argv) {
  sys::Child::Options options;
  std::array<sys::Fd, 3> theirs;
  const std::array<int, 3> numbers = {kRecordsFd, kConsoleFd, 2};
  for (size_t i = 0; i < streams_.size(); ++i) {
    sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
    if (!pipe) sys::ThrowLost("cannot make a pipe: " + pipe.Failure().Text());
    streams_[i].fd = std::move(pipe.Value().read);
    ::fcntl(streams_[i].fd.Get(), F_SETFL, O_NONBLOCK);
    theirs[i] = std::move(pipe.Value().write);
    options.fds[numbers[i]] = theirs[i].Get();
  }
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    sys::ThrowLost("cannot make a socket pair: " + sys::LastError("socketpair").Text());
  }
  qmp_.emplace(sys::Fd(pair[0]));
  const sys::Fd qemus_end(pair[1]);
  options.fds[kQmpFd] = qemus_end.Get();
  sys::Result<sys::Child> child = sys::Child::Spawn(argv, options);
  if (!child) {
    sys::ThrowLost(fmt::format("cannot start {}: {}; install it (./run.sh does)", argv.front(),
                               child.Failure().Text()));
  }
  qemu_.emplace(std::move(child).Value());
}

void Session::Drain(Stream& stream) {
  std::array<char, 65536> buffer;
  while (stream.fd.Valid()) {
    const ssize_t got = ::read(stream.fd.Get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      stream.fd.Close();
      return;
    }
    bytes_ += got;
    silence_ = sys::Deadline::After(limits_.silence_ms);
    stream.sink(std::string_view(buffer.data(), static_cast<size_t>(got)));
    if (bytes_ > limits_.most_output_bytes) return;
  }
}

void Session::OnEvent(const wire::Event& event) {
  if (const auto* hello = std::get_if<wire::Hello>(&event)) {
    hello_ = hello_ || hello->program == "init";
  } else if (const auto* done = std::get_if<wire::Done>(&event)) {
    done_ = done_ || done->program == "init";
  }
  on_event_(event);
}

std::string Session::Watch() {
  while (true) {
    std::array<pollfd, 6> waits{
        pollfd{streams_[0].fd.Get(), POLLIN, 0}, pollfd{streams_[1].fd.Get(), POLLIN, 0},
        pollfd{streams_[2].fd.Get(), POLLIN, 0}, pollfd{qmp_open_ ? qmp_->PollFd() : -1, POLLIN, 0},
        pollfd{qemu_->PidFd(), POLLIN, 0},       pollfd{sys::Interrupt::PollFd(), POLLIN, 0}};
    const int timeout_ms = sys::Deadline::Sooner(total_, silence_).PollTimeoutMs();
    if (::poll(waits.data(), waits.size(), timeout_ms) < 0 && errno != EINTR) {
      sys::ThrowLost("poll failed: " + sys::LastError("poll").Text());
    }
    const bool ended = waits[4].revents != 0;
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (waits[i].revents != 0 || ended) Drain(streams_[i]);
    }
    if (waits[3].revents != 0 || ended) qmp_open_ = qmp_open_ && qmp_->Handle();
    if (ended) return "";
    if (bytes_ > limits_.most_output_bytes) return "flood";
    if (waits[5].revents != 0) return "interrupted";
    if (silence_.Expired()) return "silence";
    if (total_.Expired()) return "total";
  }
}

GuestOutcome Session::Outcome(const std::string& forced) {
  qemu_->KillAndReap();
  reader_.End();
  GuestOutcome outcome;
  outcome.console_tail = console_.TailText();
  outcome.kernel_troubles = console_.Troubles();
  const auto say = [&](const char* kind, std::string sentence) {
    outcome.kind = kind;
    outcome.sentence = std::move(sentence);
  };
  const std::string& reason = qmp_->ShutdownReason();
  if (forced == "interrupted") {
    say("interrupted", "the guest was ended by an interrupt");
  } else if (console_.Panic() || qmp_->GuestPanicked()) {
    say("crash",
        "the guest's kernel panicked: " + console_.Panic().value_or("QEMU reports GUEST_PANICKED"));
  } else if (forced == "flood") {
    say("lost",
        fmt::format("the guest wrote more than {} bytes and was ended", limits_.most_output_bytes));
  } else if (forced == "silence") {
    say("timeout",
        fmt::format("the guest said nothing for {} s and was ended", limits_.silence_ms / 1000));
  } else if (forced == "total") {
    say("timeout", fmt::format("the guest did not end within {} s", limits_.total_ms / 1000));
  } else if (garbage_ > 0) {
    say("lost", fmt::format("the guest sent {} lines that are no records, the first: {}", garbage_,
                            first_garbage_));
  } else if (!hello_ && reason.empty()) {
    say("lost", "QEMU ended before the guest said a word: " + OneLine(stderr_.Text()));
  } else if (reason == "guest-reset") {
    say("crash", "the guest reset itself (a triple fault, or a panic without a word)");
  } else if (!done_) {
    say("lost", "the guest ended without its last record (QEMU says " +
                    (reason.empty() ? "nothing" : reason) + ")");
  } else if (reason != "guest-shutdown") {
    say("lost", "the guest said done, but QEMU ended by " + (reason.empty() ? "itself" : reason));
  }
  return outcome;
}

}  // namespace

GuestOutcome RunGuest(const std::vector<std::string>& argv, const GuestLimits& limits,
                      const std::function<void(const wire::Event&)>& on_event) {
  Session session(argv, limits, on_event);
  const std::string forced = session.Watch();
  return session.Outcome(forced);
}

}  // namespace procmark::cell

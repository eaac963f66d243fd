// SPDX-License-Identifier: MIT
#include "harness/cell/guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/cell/cgroup.h"
#include "harness/cell/console.h"
#include "harness/cell/ending.h"
#include "harness/cell/gdb_stub.h"
#include "harness/cell/migration.h"
#include "harness/cell/qemu_argv.h"
#include "harness/cell/qmp.h"
#include "harness/cell/refusal.h"
#include "harness/cell/vcpu_places.h"
#include "harness/store/run_writer.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/proc_stat.h"
#include "harness/wire/stream.h"

namespace procmark::cell {
namespace {

constexpr size_t kStderrTailBytes = 2048;
constexpr int64_t kHungUpEndsWithinMs = 2'000;

struct SocketPair {
  sys::Fd ours;
  sys::Fd theirs;
  SocketPair() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
      sys::ThrowLost("cannot make a socket pair: " + sys::LastError("socketpair").Text());
    }
    ours = sys::Fd(pair[0]);
    theirs = sys::Fd(pair[1]);
  }
};

std::string CpuTimeMs(const sys::Child& process) {
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(process.Id().Number());
  if (!stat) return "unknown";
  constexpr size_t kUser = 14;  // proc_pid_stat(5), in ticks
  constexpr size_t kSystem = 15;
  const int64_t ticks = stat.Value().Field(kUser) + stat.Value().Field(kSystem);
  return std::to_string(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::string HugeKib(const sys::Child& process) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", process.Id().Number()));
  for (std::string word; rollup >> word;) {
    if (word == "AnonHugePages:" && rollup >> word) return word;
  }
  return "unknown";
}

// QEMU's code, translations, stacks and buffers, on top of the guest's memory.
constexpr int64_t kQemuOwnBytes = int64_t{6} << 30;

void BoundMemory(const sys::Child& qemu, int64_t guest_memory_mib) {
  const auto bytes = static_cast<rlim_t>((guest_memory_mib << 20) + kQemuOwnBytes);
  const rlimit limit{bytes, bytes};
  const rlimit no_core{0, 0};
  (void)::prlimit(qemu.Id().Number(), RLIMIT_AS, &limit, nullptr);
  (void)::prlimit(qemu.Id().Number(), RLIMIT_CORE, &no_core, nullptr);
}

}  // namespace

class Guest::Session {
 public:
  Session(const std::vector<std::string>& argv, const GuestLimits& limits, OnEvent on_event);

  // Waits until QEMU can be spoken to. False, with the ending noted, when it cannot or when its CPU
  // lacks what the architecture needs.
  bool Greet();
  // Takes what comes until QEMU has ended or must be ended, or, with `to_stop`, speaks to its
  // debugger: only then true.
  bool Watch(bool to_stop);
  void FeedRecords(std::string_view bytes);
  void Abandon(const std::string& why);
  // Binds its vCPUs to CPUs and notes the places.
  void Pin();
  GuestOutcome Outcome();

  Qmp& Monitor() { return *qmp_; }
  GdbStub& Debugger() { return *gdb_; }
  const std::string& Records() const { return records_; }

 private:
  struct Stream {
    sys::Fd fd;
    std::function<void(std::string_view)> sink;
  };

  void Start(const std::vector<std::string>& argv);
  // Whether QEMU says that its CPU has the property `needed_cpu`; true where it cannot say.
  bool CpuHasWhatIsNeeded();
  // Reads all that is there; closes the stream at its end.
  void Drain(Stream& stream);
  void Note(const wire::Event& event);

  GuestLimits limits_;
  OnEvent on_event_;
  std::string records_;
  wire::EventReader reader_;
  ConsoleWatch console_;
  Tail stderr_{kStderrTailBytes};
  std::array<Stream, 3> streams_;  // records, console, QEMU's own stderr
  std::optional<Qmp> qmp_;
  std::optional<GdbStub> gdb_;
  bool qmp_open_ = true;
  bool over_ = false;  // QEMU has ended, or was forced to
  Ending ending_;
  std::optional<Cgroup> cgroup_;  // outlives qemu_, which must be gone before it is removed
  std::optional<sys::Child> qemu_;
  sys::Deadline total_;
  sys::Deadline silence_;
  int64_t bytes_ = 0;
};

Guest::Session::Session(const std::vector<std::string>& argv, const GuestLimits& limits,
                        OnEvent on_event)
    : limits_(limits),
      on_event_(std::move(on_event)),
      reader_([this](const wire::Event& event) { Note(event); },
              [this](const std::string& sentence) {
                if (ending_.garbage++ == 0) ending_.first_garbage = sentence;
              }),
      cgroup_(Cgroup::Create((limits.guest_memory_mib << 20) + kQemuOwnBytes)),
      total_(sys::Deadline::After(limits.total_ms)),
      silence_(sys::Deadline::After(limits.silence_ms)) {
  streams_[0].sink = [this](std::string_view bytes) { FeedRecords(bytes); };
  streams_[1].sink = [this](std::string_view bytes) { console_.Add(bytes); };
  streams_[2].sink = [this](std::string_view bytes) { stderr_.Add(bytes); };
  Start(argv);
}

void Guest::Session::Start(const std::vector<std::string>& argv) {
  sys::Child::Options options;
  options.group_ends_with_it = true;  // a wrapper may end before the QEMU that it started
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
  SocketPair monitor;
  SocketPair debugger;
  options.fds[kQmpFd] = monitor.theirs.Get();
  options.fds[kGdbFd] = debugger.theirs.Get();
  qmp_.emplace(std::move(monitor.ours));
  gdb_.emplace(std::move(debugger.ours));
  sys::Result<sys::Child> child = sys::Child::Spawn(argv, options);
  if (!child) {
    sys::ThrowLost(fmt::format("cannot start {}: {}; install it (./run.sh does)", argv.front(),
                               child.Failure().Text()));
  }
  qemu_.emplace(std::move(child).Value());
  // It waits for its monitor: nothing of the guest has run.
  BoundMemory(*qemu_, limits_.guest_memory_mib);
  if (cgroup_) (void)cgroup_->Add(qemu_->Id());
}

void Guest::Session::Drain(Stream& stream) {
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

void Guest::Session::Note(const wire::Event& event) {
  if (const auto* hello = std::get_if<wire::Hello>(&event)) {
    ending_.hello = ending_.hello || hello->program == "init";
  } else if (const auto* done = std::get_if<wire::Done>(&event)) {
    ending_.done = ending_.done || done->program == "init";
  }
  if (std::holds_alternative<wire::ProgramStart>(event)) {
    // Only the first stays. Replayed records (Restore) hold none.
    ending_.facts.try_emplace("measured.ready_cpu_ms", CpuTimeMs(*qemu_));
  }
  on_event_(event);
}

void Guest::Session::FeedRecords(std::string_view bytes) {
  records_.append(bytes);
  reader_.Feed(bytes);
}

bool Guest::Session::Greet() {
  switch (qmp_->Greet(sys::Deadline::Sooner(total_, silence_))) {
    case Qmp::Greeting::kGreeted:
      ending_.greeted = true;
      if (CpuHasWhatIsNeeded()) return true;
      ending_.forced = Forced::kUnfitCpu;
      break;
    case Qmp::Greeting::kSilent:
      ending_.forced = sys::Interrupt::Requested() ? Forced::kInterrupt : Forced::kSilence;
      break;
    case Qmp::Greeting::kGone:
      qmp_open_ = false;
      // What else it said before it ended is taken, up to its end.
      (void)Watch(/*to_stop=*/false);
      break;
  }
  over_ = true;
  return false;
}

bool Guest::Session::Watch(bool to_stop) {
  const auto force = [this](Forced why) {
    ending_.forced = why;
    over_ = true;
    return false;
  };
  while (!over_) {
    std::array<pollfd, 7> waits{pollfd{streams_[0].fd.Get(), POLLIN, 0},
                                pollfd{streams_[1].fd.Get(), POLLIN, 0},
                                pollfd{streams_[2].fd.Get(), POLLIN, 0},
                                pollfd{qmp_open_ ? qmp_->PollFd() : -1, POLLIN, 0},
                                pollfd{qemu_->PidFd(), POLLIN, 0},
                                pollfd{sys::Interrupt::PollFd(), POLLIN, 0},
                                pollfd{to_stop ? gdb_->PollFd() : -1, POLLIN, 0}};
    const int timeout_ms = sys::Deadline::Sooner(total_, silence_).PollTimeoutMs();
    if (::poll(waits.data(), waits.size(), timeout_ms) < 0 && errno != EINTR) {
      sys::ThrowLost("poll failed: " + sys::LastError("poll").Text());
    }
    const bool ended = waits[4].revents != 0;
    const bool stopped = (waits[6].revents & POLLIN) != 0;
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (waits[i].revents != 0 || ended || stopped) Drain(streams_[i]);
    }
    if (waits[3].revents != 0 || ended) qmp_open_ = qmp_open_ && qmp_->Handle();
    if (ended) break;
    if (qmp_->Babbles()) {
      Abandon("QEMU sends answers to nothing");
      return false;
    }
    if (bytes_ > limits_.most_output_bytes) return force(Forced::kFlood);
    if (waits[5].revents != 0) return force(Forced::kInterrupt);
    if (waits[2].revents != 0 && KvmGaveUp(stderr_.Text())) return force(Forced::kKvmGaveUp);
    if (stopped && gdb_->HasAnswer()) return true;
    if (silence_.Expired()) return force(Forced::kSilence);
    if (total_.Expired()) return force(Forced::kTotal);
  }
  over_ = true;
  return false;
}

bool Guest::Session::CpuHasWhatIsNeeded() {
  if (*limits_.needed_cpu == '\0') return true;
  try {
    const nlohmann::json cpus = qmp_->Command("query-cpus-fast", nlohmann::json::object());
    return qmp_->Command("qom-get", {{"path", cpus.at(0).at("qom-path")},
                                     {"property", limits_.needed_cpu}}) != false;
  } catch (const sys::Complaint&) {
    return true;  // no such property: the guest itself will show
  } catch (const nlohmann::json::exception&) {
    return true;
  }
}

void Guest::Session::Pin() {
  ending_.facts["host.vcpu_cpus"] = PinVcpus(*qmp_, qemu_->Id());
  ending_.facts["measured.huge_kib"] = HugeKib(*qemu_);
}

void Guest::Session::Abandon(const std::string& why) {
  // What QEMU itself had to say before it ended comes along.
  for (Stream& stream : streams_) Drain(stream);
  ending_.abandoned = why;
  if (sys::Interrupt::Requested()) ending_.forced = Forced::kInterrupt;
  over_ = true;
}

GuestOutcome Guest::Session::Outcome() {
  // What hung up is about to end, if it ends.
  const auto status =
      qemu_->Wait(sys::Deadline::After(ending_.abandoned.empty() ? 0 : kHungUpEndsWithinMs));
  if (status) ending_.qemu_status = status.Value();
  qemu_->KillAndReap();
  reader_.End();
  ending_.qemu_words = stderr_.Text();
  ending_.shutdown_reason = qmp_->ShutdownReason();
  ending_.guest_panicked = qmp_->GuestPanicked();
  return Judge(ending_, console_, limits_);
}

Guest::Guest(const std::vector<std::string>& argv, const GuestLimits& limits, OnEvent on_event)
    : session_(std::make_unique<Session>(argv, limits, std::move(on_event))) {}

Guest::~Guest() = default;

void Guest::Start(bool pinned) {
  if (!session_->Greet()) return;
  if (pinned) session_->Pin();
  (void)session_->Monitor().Command("cont", nlohmann::json::object());
}

bool Guest::RunTo(const Handover& handover) {
  if (!session_->Greet()) return false;
  session_->Debugger().SetBreakpoint(handover.stop);
  session_->Debugger().Continue();
  if (!session_->Watch(/*to_stop=*/true)) return false;
  if (!session_->Debugger().TakeStop()) return session_->Watch(/*to_stop=*/false);
  session_->Debugger().ClearBreakpoint(handover.stop);
  return true;
}

std::string Guest::Save() { return SaveState(session_->Monitor()); }

bool Guest::Restore(const std::string& state, std::string_view records) {
  if (!session_->Greet()) return false;
  LoadState(session_->Monitor(), state);
  session_->FeedRecords(records);
  return true;
}

void Guest::HandOver(const Handover& handover, std::string_view job) {
  if (job.size() >= handover.job_bytes) {
    sys::ThrowUsage(
        fmt::format("a job of {} bytes is too long for a guest: choose fewer tests", job.size()));
  }
  const std::string ended = std::string(job) + '\0';
  session_->Debugger().Write(handover.job, ended);
  session_->Debugger().Detach();
}

void Guest::Abandon(const std::string& why) { session_->Abandon(why); }

const std::string& Guest::Records() const { return session_->Records(); }

GuestOutcome Guest::Finish() {
  (void)session_->Watch(/*to_stop=*/false);
  return session_->Outcome();
}

GuestOutcome Conduct(Guest& guest, const std::function<void(Guest&)>& drive) {
  const auto lost = store::CatchComplaint({sys::ExitCode::kLost}, [&] { drive(guest); });
  if (lost) guest.Abandon(lost->what());
  return guest.Finish();
}

GuestOutcome RunGuest(const std::vector<std::string>& argv, const GuestLimits& limits,
                      const Guest::OnEvent& on_event, bool pinned) {
  Guest guest(argv, limits, on_event);
  return Conduct(guest, [pinned](Guest& it) { it.Start(pinned); });
}

}  // namespace procmark::cell

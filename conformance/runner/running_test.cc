// SPDX-License-Identifier: MIT
#include "conformance/runner/running_test.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "conformance/runner/reaper.h"
#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/leftovers.h"
#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

// The time that the reaper has to describe tasks, to look for leaks and to end.
constexpr long long kReaperAllowanceMs = 5000;
constexpr size_t kMostOutput = 16 * 1024;

int64_t NowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void Lost(const sys::Error& error) {
  sys::ThrowLost("a test could not be started: " + error.Text());
}

// A pidfd of this process, by which the reaper sees that the runner lives.
sys::Fd OwnPidFd() {
  sys::Fd own(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!own.Valid()) Lost(sys::LastError("pidfd_open"));
  return own;
}

std::string ReadOutput(int fd) {
  std::string text(kMostOutput, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

RunningTest::RunningTest(const DeclaredPromise& promise, Isolation isolation, long long deadline_ms,
                         long number)
    : promise_(promise),
      isolation_(isolation),
      deadline_ms_(deadline_ms),
      number_(number),
      backstop_(sys::Deadline::After(deadline_ms + deadline_ms / 2 + kReaperAllowanceMs)),
      start_ns_(NowNs()) {
  sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
  if (!pipe) Lost(pipe.Failure());
  output_ = MemoryFile(0);
  const sys::Fd runner = OwnPidFd();
  ReaperTask task{.test = promise.name,
                  .isolation = isolation,
                  .deadline_ms = deadline_ms,
                  .report_fd = pipe.Value().write.Get(),
                  .output_fd = output_.Get(),
                  .runner_pidfd = runner.Get(),
                  .uid = ::geteuid(),
                  .gid = ::getegid()};
  SetNamesOfTest(number);
  refusals_.Use();
  const sys::Result<pid_t> pid = ForkIsolated(isolation, &pidfd_);
  if (!pid) Lost(pid.Failure());
  if (pid.Value() == 0) RunReaper(task);
  reaper_ = pid.Value();
  report_ = std::move(pipe.Value().read);
  (void)::fcntl(report_.Get(), F_SETFL, O_NONBLOCK);
}

RunningTest::~RunningTest() {
  if (!ended_) Kill();
}

std::vector<pollfd> RunningTest::Watched() const {
  return {{pidfd_.Get(), POLLIN, 0}, {report_.Get(), POLLIN, 0}};
}

void RunningTest::ReadReports() {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = ::read(report_.Get(), buffer.data(), buffer.size());
    if (got > 0) bytes_.append(buffer.data(), static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) return;
  }
}

void RunningTest::Kill() {
  ::syscall(SYS_pidfd_send_signal, pidfd_.Get(), SIGKILL, nullptr, 0);
  while (::waitpid(reaper_, &status_, 0) < 0 && errno == EINTR) {
  }
  if (isolation_ == Isolation::kNone) KillSession(reaper_);
  ended_ = true;
}

bool RunningTest::Advance() {
  if (!ended_) {
    int status = 0;
    const pid_t ended = ::waitpid(reaper_, &status, WNOHANG);
    if (ended == reaper_) {
      status_ = status;
      ended_ = true;
    } else if (backstop_.Expired()) {
      killed_by_runner_ = true;
      Kill();
    }
  }
  ReadReports();  // after the check for the end, so that no record is missed
  return ended_;
}

Outcome RunningTest::Finish(const Surroundings& surroundings) {
  Evidence evidence;
  size_t start = 0;
  for (size_t end = 0; (end = bytes_.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string_view line = std::string_view(bytes_).substr(start, end - start);
    if (std::optional<ReportRecord> record = DecodeRecord(line)) {
      evidence.records.push_back(std::move(*record));
    } else {
      evidence.output += "this record cannot be read: " + std::string(line) + "\n";
    }
  }
  if (const std::string left = SweepTest(number_); !left.empty()) {
    evidence.records.push_back(
        {ReportRecord::Kind::kLeak, "in file systems of the machine:\n" + left});
  }
  evidence.output += ReadOutput(output_.Get());
  evidence.killed_by_runner = killed_by_runner_;
  evidence.reaper_status = status_;
  evidence.elapsed_ns = NowNs() - start_ns_;
  evidence.deadline_ms = deadline_ms_;
  evidence.excuse = surroundings.Excuse(refusals_);
  evidence.informational = promise_.promise.kind == Kind::kInfo;
  return Judge(evidence);
}

}  // namespace procmark::conformance

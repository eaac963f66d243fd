// SPDX-License-Identifier: MIT
// sigset_t, and the masks that /proc shows.
#include "conformance/vocabulary/signals.h"

#include <cerrno>
#include <ctime>
#include <optional>
#include <string>

#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

// The value of a line "NAME:\tVALUE" of a status file.
uint64_t MaskIn(const std::string& status, std::string_view name) {
  const std::string head = "\n" + std::string(name) + ":\t";
  const size_t at = status.find(head);
  if (at == std::string::npos) ThrowErrno("line of a status file", ENODATA);
  const size_t start = at + head.size();
  const std::string_view digits =
      std::string_view(status).substr(start, status.find('\n', start) - start);
  const std::optional<uint64_t> mask = sys::ParseNumber<uint64_t>(digits, 16);
  if (!mask) ThrowErrno("mask in a status file", EBADMSG);
  return *mask;
}

std::string StatusAt(const std::string& path) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text) ThrowErrno("read of a status file", text.Failure().error_number);
  return std::move(text).Value();
}

}  // namespace

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

bool IsPending(int signal) {
  sigset_t pending;
  ::sigemptyset(&pending);
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, signal) == 1;
}

uint64_t MaskOf(pid_t pid, std::string_view line) {
  return MaskIn(StatusAt(ProcPath(pid, "status")), line);
}

uint64_t ThreadMaskOf(pid_t pid, pid_t tid, std::string_view line) {
  return MaskIn(StatusAt(TaskPath(pid, tid, "status")), line);
}

BlockedSignal::BlockedSignal(int signal) : signal_(signal) {
  const sigset_t set = SetOf({signal});
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) ThrowErrno("sigprocmask", errno);
}

siginfo_t BlockedSignal::Take() const {
  const sigset_t set = SetOf({signal_});
  const int left_ms = TestDeadline().PollTimeoutMs();
  const timespec timeout{left_ms / 1000, (left_ms % 1000) * 1'000'000L};
  siginfo_t info{};
  while (::sigtimedwait(&set, &info, &timeout) < 0) {
    if (errno == EINTR) continue;
    info.si_signo = 0;
    break;
  }
  return info;
}

}  // namespace procmark::conformance

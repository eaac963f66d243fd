// SPDX-License-Identifier: MIT
#include "images/guest/runner.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "harness/sys/child.h"
#include "harness/sys/fd.h"

namespace procmark::guest {
namespace {

// The last message of the kernel's log that names the process; "" when none does. A read(2) of
// /dev/kmsg gives one record (Documentation/ABI/testing/dev-kmsg): "level,sequence,time,flags;text"
// and lines that begin with a space.
std::string LastKernelMessageAbout(sys::Pid pid) {
  const sys::Fd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!log.Valid()) return "";
  const std::string number = std::to_string(pid.Number());
  const std::string in_brackets = "[" + number + "]";     // init[57]: segfault at …
  const std::string of_oom = "process " + number + " (";  // Killed process 57 (init) …
  std::string last;
  std::array<char, 8192> record;
  while (true) {
    const ssize_t got = ::read(log.Get(), record.data(), record.size());
    if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;  // EPIPE: records were overwritten
    if (got <= 0) return last;
    std::string_view text(record.data(), static_cast<size_t>(got));
    text = text.substr(std::min(text.find(';'), text.size() - 1) + 1);
    text = text.substr(0, text.find('\n'));
    if (text.find(in_brackets) != std::string_view::npos ||
        text.find(of_oom) != std::string_view::npos) {
      last = text;
    }
  }
}

}  // namespace

sys::Result<sys::Pid> StartRunner(const std::function<int()>& body) {
  // No flags and no exit signal. All arguments are zero, so their order (clone(2)) is all one.
  const long number = ::syscall(SYS_clone, 0, 0, 0, 0, 0);
  if (number < 0) return sys::LastError("clone");
  if (number == 0) ::_exit(body());
  return *sys::Pid::From(static_cast<pid_t>(number));
}

std::string AwaitEnd(sys::Pid runner) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(runner.Number(), &status, __WALL);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) return "ended unseen: " + sys::LastError("waitpid").Text();
  if (status == 0) return "";
  std::string sentence =
      (WIFSIGNALED(status) ? "was " : "ended with ") + sys::DescribeWaitStatus(status);
  const std::string message = LastKernelMessageAbout(runner);
  if (!message.empty()) sentence += "; the kernel says: " + message;
  return sentence;
}

}  // namespace procmark::guest

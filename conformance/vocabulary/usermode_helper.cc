// SPDX-License-Identifier: MIT
// Sets core_pattern and forks a child that dies; two pipes connect the helper and the test.
#include "conformance/vocabulary/usermode_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {
namespace {

std::string OwnProgram() {
  char path[PATH_MAX] = "";
  if (::readlink("/proc/self/exe", path, sizeof path - 1) < 0) ThrowErrno("readlink", errno);
  return path;
}

// Reads until end of file, or until `text` holds `wanted`, or until the test's deadline.
void ReadUntil(int fd, const std::string& wanted, std::string* text) {
  while (wanted.empty() || text->find(wanted) == std::string::npos) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, TestDeadline().PollTimeoutMs()) <= 0) return;
    char buffer[512];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return;
    text->append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

HelperChannel HelperChannel::Open(const std::vector<std::string>& arguments) {
  const std::string folder = "/proc/" + arguments.at(0) + "/fd/";
  return {::open((folder + arguments.at(1)).c_str(), O_WRONLY | O_CLOEXEC),
          ::open((folder + arguments.at(2)).c_str(), O_RDONLY | O_CLOEXEC)};
}

void HelperChannel::Say(const std::string& key, long value) const {
  const std::string line = key + " " + std::to_string(value) + "\n";
  (void)sys::WriteAll(to_test_, line.data(), line.size());
}

void HelperChannel::Await() const {
  char byte = 0;
  (void)!::read(from_test_, &byte, 1);
}

std::string RunAsCoreHandler(const std::string& helper, const std::function<void()>& prepare,
                             const std::function<void(int)>& meanwhile) {
  sys::Pipe to_test = MakePipe();
  sys::Pipe from_test = MakePipe();
  const std::string pattern = "|" + OwnProgram() + " --procmark_helper " + helper + " %P " +
                              std::to_string(to_test.write.Get()) + " " +
                              std::to_string(from_test.read.Get());
  const ReplacedSetting core_pattern("/proc/sys/kernel/core_pattern", pattern);
  std::string said;
  {
    ScopedChild dying = Fork([&] {
      from_test.write.Close();
      prepare();
      (void)SignalProcess(::getpid(), SIGABRT);
      PauseForever();
    });
    to_test.write.Close();
    from_test.read.Close();
    ReadUntil(to_test.read.Get(), "ready ", &said);
    meanwhile(dying.Number());
    from_test.write.Close();  // the helper's Await returns
    (void)dying.Reap();
  }
  ReadUntil(to_test.read.Get(), "", &said);
  return said;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
#include "conformance/ctest/verdicts.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <variant>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/wire/stream.h"

namespace procmark::conformance {
namespace {

constexpr int kWireFd = 3;

// Reads what has arrived. Returns false at the end of the stream and at the deadline.
bool ReadSome(int wire, const sys::Deadline& deadline, wire::EventReader& reader) {
  pollfd readable{wire, POLLIN, 0};
  const int ready = ::poll(&readable, 1, deadline.PollTimeoutMs());
  if (ready < 0 && errno == EINTR) return true;
  if (ready <= 0) return false;
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(wire, buffer.data(), buffer.size());
  if (got > 0) reader.Feed(std::string_view(buffer.data(), static_cast<size_t>(got)));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

Verdicts RunTests(std::vector<std::string> argv, const sys::Deadline& deadline, bool* finished) {
  argv.push_back("--procmark_wire_fd=" + std::to_string(kWireFd));
  sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
  if (!pipe) sys::ThrowLost("no pipe: " + pipe.Failure().Text());
  sys::Child::Options options;
  options.fds = {{kWireFd, pipe.Value().write.Get()}};
  sys::Result<sys::Child> child = sys::Child::Spawn(argv, options);
  if (!child) sys::ThrowLost("cannot run " + argv[0] + ": " + child.Failure().Text());
  pipe.Value().write.Close();
  Verdicts verdicts;
  bool greeted = false;
  bool done = false;
  wire::EventReader reader(
      [&](const wire::Event& event) {
        greeted = true;
        done = std::holds_alternative<wire::Done>(event);
        if (const auto* test = std::get_if<wire::Test>(&event)) {
          verdicts[test->test] = {test->verdict, test->reason};
        }
      },
      [](const std::string&) {});
  while (ReadSome(pipe.Value().read.Get(), deadline, reader)) {
  }
  reader.End();
  child.Value().KillAndReap();
  if (finished != nullptr) *finished = done;
  if (!greeted) sys::ThrowLost(argv[0] + " reported nothing: run it by hand to see why");
  return verdicts;
}

std::string FilterOf(const std::vector<std::string>& tests) {
  std::string filter = "--gtest_filter=";
  for (const std::string& test : tests) {
    if (filter.back() != '=') filter += ':';
    filter += test;
  }
  return filter;
}

std::string FirstLine(const std::string& reason) {
  constexpr size_t kMost = 160;
  return reason.substr(0, std::min(reason.find('\n'), kMost));
}

}  // namespace procmark::conformance

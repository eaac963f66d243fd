// SPDX-License-Identifier: MIT
#include "harness/execute/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "harness/sys/deadline.h"
#include "harness/sys/printable.h"

namespace procmark::execute {
namespace {

constexpr int kDefaultColumns = 80;

size_t TerminalColumns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kDefaultColumns;
}

}  // namespace

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { Clear(); }

void Progress::Clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

void Progress::Show(const std::string& line) {
  if (!terminal_) return;
  Clear();
  std::fputs(sys::TerminalLine(line).substr(0, TerminalColumns() - 1).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

Progress::Part Progress::Begin(const std::string& name, int64_t steps) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Show(name + " starting");
  return Part(*this, name, steps);
}

void Progress::Note(const std::string& line) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Clear();
  fmt::print(stderr, "{}\n", sys::TerminalLine(line));
}

Progress::Part::Part(Progress& progress, std::string name, int64_t steps)
    : progress_(progress),
      name_(std::move(name)),
      steps_(steps),
      began_ms_(sys::Deadline::NowMs()) {}

void Progress::Part::Step(const std::string& doing) {
  const std::lock_guard<std::mutex> lock(progress_.mutex_);
  ++step_;
  progress_.Show(steps_ > 0 ? fmt::format("{} [{}/{}] {}", name_, step_, steps_, doing)
                            : fmt::format("{} {}", name_, doing));
}

void Progress::Part::End(const std::string& result) {
  const double seconds = static_cast<double>(sys::Deadline::NowMs() - began_ms_) / 1000;
  progress_.Note(fmt::format("{}: {} in {:.1f} s", name_, result, seconds));
}

}  // namespace procmark::execute

#include "harness/command/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "harness/sys/deadline.h"

namespace procmark::command {
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

void Progress::Begin(const std::string& part, int64_t steps) {
  part_ = part;
  steps_ = steps;
  step_ = 0;
  began_ms_ = sys::Deadline::NowMs();
  if (terminal_) Step("starting");
  step_ = 0;
}

void Progress::Step(const std::string& doing) {
  ++step_;
  if (!terminal_) return;
  std::string line = steps_ > 0 ? fmt::format("{} [{}/{}] {}", part_, step_, steps_, doing)
                                : fmt::format("{} {}", part_, doing);
  if (line.size() >= TerminalColumns()) line.resize(TerminalColumns() - 1);
  Clear();
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::End(const std::string& result) {
  const double seconds = static_cast<double>(sys::Deadline::NowMs() - began_ms_) / 1000;
  Note(fmt::format("{}: {} in {:.1f} s", part_, result, seconds));
}

void Progress::Note(const std::string& line) {
  Clear();
  fmt::print(stderr, "{}\n", line);
}

}  // namespace procmark::command

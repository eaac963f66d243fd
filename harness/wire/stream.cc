// SPDX-License-Identifier: MIT
#include "harness/wire/stream.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "harness/sys/arch.h"
#include "harness/sys/fd.h"

namespace procmark::wire {
namespace {

constexpr size_t kShownGarbage = 200;

// What a guest sends may be shown, so only ASCII may reach a terminal or a report.
std::string Printable(std::string text) {
  for (char& byte : text) {
    if (byte < 0x20 || byte > 0x7e) byte = '?';
  }
  return text;
}

}  // namespace

EventWriter::EventWriter(int fd, std::string program) : fd_(fd), program_(std::move(program)) {
  if (fd_ < 0) return;
  std::signal(SIGPIPE, SIG_IGN);
  Send(Hello{.wire = kWireVersion, .program = program_, .arch = sys::kCompiledArch.name});
}

void EventWriter::Send(const Event& event) {
  if (fd_ < 0) return;
  const std::string line = Encode(event) + "\n";
  const sys::Result<void> written = sys::WriteAll(fd_, line.data(), line.size());
  if (!written) {
    std::fprintf(stderr, "%s: a record could not be sent: %s\n", program_.c_str(),
                 written.Failure().Text().c_str());
    std::abort();
  }
  ++sent_;
}

void EventWriter::Finish() { Send(Done{.program = program_, .events = sent_}); }

void EventReader::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (!skipping_) {
      if (partial_.size() + piece.size() > kLongestLine) {
        on_garbage_("a line longer than " + std::to_string(kLongestLine) + " bytes");
        partial_.clear();
        skipping_ = true;
      } else {
        partial_.append(piece);
      }
    }
    if (end == std::string_view::npos) return;
    if (!skipping_) Line(partial_);
    partial_.clear();
    skipping_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void EventReader::End() {
  if (!partial_.empty())
    on_garbage_(Printable("the stream ends in mid-line: " + partial_.substr(0, kShownGarbage)));
  partial_.clear();
}

void EventReader::Line(std::string_view line) {
  if (line.empty()) return;
  try {
    const Event event = Decode(line);
    on_event_(event);
  } catch (const std::runtime_error& error) {
    on_garbage_(Printable(std::string(error.what()).substr(0, kShownGarbage) + ": " +
                          std::string(line.substr(0, kShownGarbage))));
  }
}

}  // namespace procmark::wire

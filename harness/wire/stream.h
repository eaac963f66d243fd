// SPDX-License-Identifier: MIT
// The two ends of the wire: EventWriter in a program, EventReader on the host.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "harness/sys/result.h"
#include "harness/wire/event.h"

namespace procmark::wire {

// Writes events to a descriptor it does not own, one line by one write(2) loop each.
class EventWriter {
 public:
  // Says hello at once. fd < 0: every call does nothing (a program run by hand).
  EventWriter(int fd, std::string program);

  // Aborts the process when the line cannot be written: a program whose records are lost must not
  // look finished. EPIPE counts, with SIGPIPE ignored by the constructor.
  void Send(const Event& event);
  // Sends Done with the count. Nothing may follow.
  void Finish();

 private:
  int fd_;
  std::string program_;
  int64_t sent_ = 0;
};

// Cuts bytes into lines and lines into events. Nothing it is fed is trusted: what is not an event
// is reported to `on_garbage` (cut to 200 characters) and counted, and reading goes on.
class EventReader {
 public:
  using OnEvent = std::function<void(const Event&)>;
  using OnGarbage = std::function<void(const std::string& sentence)>;
  EventReader(OnEvent on_event, OnGarbage on_garbage)
      : on_event_(std::move(on_event)), on_garbage_(std::move(on_garbage)) {}

  void Feed(std::string_view bytes);
  // The stream has ended: an unfinished line is garbage.
  void End();

 private:
  void Line(std::string_view line);
  OnEvent on_event_;
  OnGarbage on_garbage_;
  std::string partial_;
  bool skipping_ = false;  // inside a line that is longer than kLongestLine
};

}  // namespace procmark::wire

// SPDX-License-Identifier: MIT
// Records: the guest's side of the wire. Init's own events and the lines of its programs leave
// through one channel, counted, so that the last event can say how many there were.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/wire/event.h"
#include "images/guest/channel.h"

namespace procmark::guest {

// A record that cannot be sent throws std::runtime_error: the guest then powers off without done.
class Records {
 public:
  explicit Records(Channel& channel) : channel_(channel) {}

  void Send(const wire::Event& event);

  // Passes a program's bytes on, unchanged.
  void Relay(std::string_view bytes);

  // Ends a line that a program left unfinished, so that the next event has its own.
  void EndLine();

  // All lines so far, init's and the programs'.
  int64_t Lines() const { return lines_; }

  // Stops sending (the deliberate fault "mute").
  void Mute() { muted_ = true; }

  // Breaks the device that the records leave by (the deliberate fault "channel").
  void BreakChannel() { channel_.Break(); }

 private:
  Channel& channel_;
  int64_t lines_ = 0;
  bool at_line_start_ = true;
  bool muted_ = false;
};

}  // namespace procmark::guest

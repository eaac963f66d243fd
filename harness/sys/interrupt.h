// SPDX-License-Identifier: MIT
// Interrupt: turns Ctrl-C, SIGTERM, SIGHUP and SIGQUIT into a state that loops can query and
// poll(2) on. A run then ends after the current slice, with everything saved.
#pragma once

#include "harness/sys/deadline.h"

namespace procmark::sys {

class Interrupt {
 public:
  // Takes over SIGINT, SIGTERM, SIGHUP and SIGQUIT. Call once, before any child is started. A
  // second signal ends the process at once (children die with it, see Child).
  static void Install();
  static bool Requested();
  // Becomes readable, and stays so, once a signal came; -1 before Install().
  static int PollFd();
  // Waits until `fd` is readable or hung up. False at the deadline, and when a signal comes first.
  static bool AwaitReadable(int fd, Deadline deadline);
};

}  // namespace procmark::sys

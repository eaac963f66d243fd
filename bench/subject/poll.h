// SPDX-License-Identifier: MIT
// What ppoll(2) takes, without a C library.
#pragma once

namespace procmark::subject {

struct PollEntry {  // struct pollfd (poll(2))
  int fd;
  short events;
  short returned;
};

inline constexpr short kReadable = 1;  // POLLIN

}  // namespace procmark::subject

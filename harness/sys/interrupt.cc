// SPDX-License-Identifier: MIT
#include "harness/sys/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <initializer_list>

namespace procmark::sys {
namespace {

volatile std::sig_atomic_t requested = 0;
int pipe_ends[2] = {-1, -1};

constexpr int kExitInterrupted = 130;

void OnSignal(int) {
  if (requested != 0) ::_exit(kExitInterrupted);
  requested = 1;
  const char byte = 1;
  // The pipe is never full: one byte in its life.
  (void)!::write(pipe_ends[1], &byte, 1);
}

}  // namespace

void Interrupt::Install() {
  if (::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaction(signal, &action, nullptr);
}

bool Interrupt::Requested() { return requested != 0; }

int Interrupt::PollFd() { return pipe_ends[0]; }

bool Interrupt::AwaitReadable(int fd, Deadline deadline) {
  while (true) {
    std::array<pollfd, 2> waits{pollfd{fd, POLLIN, 0}, pollfd{PollFd(), POLLIN, 0}};
    const int ready = ::poll(waits.data(), waits.size(), deadline.PollTimeoutMs());
    if (Requested()) return false;
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

}  // namespace procmark::sys

// SPDX-License-Identifier: MIT
// A child that ends when it is told to, to measure how its parent learns of that.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/benchmark.h"

namespace procmark::subject {

// The constructor forks it. It waits for Release(), then stores the time in the shared page and
// exits. The benchmark reaps it.
class ToldChild {
 public:
  explicit ToldChild(Context& context) {
    int go[2] = {-1, -1};
    if (pipe(go) != 0) context.Refuse("no pipe could be opened: errno", errno);
    context.status = -1;
    context.pages->stamp = 0;
    pid_ = fork();
    if (pid_ == 0) {
      char byte = 0;
      close(go[1]);
      context.pages->stamp = 0;  // takes the child's fault on the shared page before the edge
      if (read(go[0], &byte, 1) != 1) _exit(1);
      context.pages->stamp = context.Now();
      ExitChild();
    }
    if (pid_ < 0) context.Refuse("no child could be created: errno", errno);
    close(go[0]);
    go_ = go[1];
  }
  ToldChild(const ToldChild&) = delete;
  ToldChild& operator=(const ToldChild&) = delete;
  ~ToldChild() { close(go_); }

  void Release(const Context& context) const {
    const char byte = 0;
    if (write(go_, &byte, 1) != 1) context.Refuse("the child could not be told: errno", errno);
  }

  pid_t Pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int go_ = -1;
};

// The sample: from the child's last clock read until `end`, when its parent had reaped it.
inline int64_t SinceItsEnd(Context& context, int64_t end) {
  return context.Lengthen(end - context.pages->stamp);
}

// The status from waitid(2), as wait4(2) would store it.
inline int StatusOf(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status << 8 : -1;
}

}  // namespace procmark::subject

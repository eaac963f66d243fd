// A child that ends when it is told to, for measuring how its parent hears of it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "bench/subject/context.h"

namespace procmark::subject {

// Forked by the constructor; waits until Release, then leaves the time in the shared page and
// exits. Whoever reaps it hands what it heard to Check.
class ToldChild {
 public:
  explicit ToldChild(Context& context) {
    int go[2] = {-1, -1};
    if (pipe(go) != 0) context.Refuse("no pipe could be had: errno", errno);
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

// The sample of a child that was heard of at `end` and is reaped, with `status`.
inline int64_t SinceItsEnd(Context& context, int64_t end) {
  return context.Lengthen(end - context.pages->stamp);
}

// The status that waitid(2) tells, as wait4(2) would.
inline int StatusOf(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status << 8 : -1;
}

}  // namespace procmark::subject

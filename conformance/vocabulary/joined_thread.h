// SPDX-License-Identifier: MIT
// JoinedThread: a thread that is joined at the end of its scope.
#pragma once

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "conformance/vocabulary/process.h"

namespace procmark::conformance {

// The kernel's number of the calling thread.
inline pid_t OwnTid() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

// Runs `body` in a new thread of the calling process. Throws std::system_error when no thread can
// be made. A body may also end its thread by the system call exit(2): the kernel then clears the
// tid for which pthread_join waits.
class JoinedThread {
 public:
  explicit JoinedThread(std::function<void()> body) : body_(std::move(body)) {
    const int error = ::pthread_create(&thread_, nullptr, Run, this);
    if (error != 0) ThrowErrno("pthread_create", error);
  }
  ~JoinedThread() { ::pthread_join(thread_, nullptr); }
  JoinedThread(const JoinedThread&) = delete;
  JoinedThread& operator=(const JoinedThread&) = delete;

 private:
  static void* Run(void* self) {
    static_cast<JoinedThread*>(self)->body_();
    return nullptr;
  }
  std::function<void()> body_;
  pthread_t thread_{};
};

}  // namespace procmark::conformance

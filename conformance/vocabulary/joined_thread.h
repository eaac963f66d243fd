// JoinedThread: a thread of the test's (or a child's) process, joined at the end of its scope.
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

// Runs `body` in a new thread. Throws std::system_error when there can be none. A body that ends
// its thread by exit(2) itself is joined too: the kernel clears the tid that pthread_join awaits.
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

// RunningThread: a thread of the calling process, joined at the end of its scope.
#pragma once

#include <pthread.h>

#include <functional>
#include <utility>

#include "conformance/process.h"

namespace procmark::conformance {

// Runs `body` to its end. The destructor waits for it, so the body must end by itself (or by what a
// Handshake tells it). Throws std::system_error when no thread can be made. In the body
// GoogleTest's assertions work: it is the test's own process. Not for children that share memory by
// clone.
class RunningThread {
 public:
  explicit RunningThread(std::function<void()> body) : body_(std::move(body)) {
    const int error = ::pthread_create(&thread_, nullptr, Run, this);
    if (error != 0) ThrowErrno("pthread_create", error);
  }
  ~RunningThread() { ::pthread_join(thread_, nullptr); }
  RunningThread(const RunningThread&) = delete;
  RunningThread& operator=(const RunningThread&) = delete;

 private:
  static void* Run(void* self) {
    static_cast<RunningThread*>(self)->body_();
    return nullptr;
  }
  std::function<void()> body_;
  pthread_t thread_{};
};

}  // namespace procmark::conformance

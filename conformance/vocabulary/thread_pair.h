// SPDX-License-Identifier: MIT
// ThreadPair: a child with two threads that the test controls.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>

#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/joined_thread.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/shared.h"

namespace procmark::conformance {

struct ThreadPair {
  Shared<std::atomic<pid_t>> second;  // the tid of the second thread
  Handshake ready;                    // both threads run
  Handshake leader_gate;              // lets the leader continue
  Handshake second_gate;              // lets the second thread continue
};

// `leader` and `second` run when their gates open. They must end their thread or process
// themselves.
inline ScopedChild ForkThreadPair(const ThreadPair& pair, const std::function<void()>& leader,
                                  const std::function<void()>& second) {
  return Fork([&pair, leader, second] {
    const JoinedThread thread([&] {
      pair.second->store(OwnTid());
      pair.ready.Notify();
      (void)pair.second_gate.Await();
      second();
    });
    (void)pair.leader_gate.Await();
    leader();
  });
}

}  // namespace procmark::conformance

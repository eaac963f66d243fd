// SPDX-License-Identifier: MIT
// RunningTest: one running test, as the runner sees it. Its destructor kills all of its processes.
#pragma once

#include <poll.h>

#include <string>
#include <vector>

#include "conformance/runner/isolation.h"
#include "conformance/runner/outcome.h"
#include "conformance/runner/surroundings.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/refusal.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::conformance {

class RunningTest {
 public:
  // Starts the reaper, which starts the test. `number` differs for each test of the runner
  // (leftovers.h). Throws sys::Complaint (lost) when the machine has no process, pipe or memory
  // left.
  RunningTest(const DeclaredPromise& promise, Isolation isolation, long long deadline_ms,
              long number);
  ~RunningTest();
  RunningTest(const RunningTest&) = delete;
  RunningTest& operator=(const RunningTest&) = delete;

  const DeclaredPromise& Promised() const { return promise_; }

  // What poll(2) has to watch: the pidfd of the reaper, and the pipe with its records.
  std::vector<pollfd> Watched() const;
  // When the runner kills a reaper that has not ended.
  const sys::Deadline& Backstop() const { return backstop_; }

  // Reads the records that have arrived. Returns true when the reaper has ended and all is read.
  bool Advance();
  // The verdict. To be called once, after Advance returned true. Removes what the test left in the
  // machine. A failure that the surroundings excuse is a skip.
  Outcome Finish(const Surroundings& surroundings);

 private:
  void ReadReports();
  void Kill();

  const DeclaredPromise& promise_;
  RefusalNotes refusals_;
  Isolation isolation_;
  long long deadline_ms_;
  long number_;
  sys::Deadline backstop_;
  sys::Fd pidfd_;
  sys::Fd report_;
  sys::Fd output_;
  pid_t reaper_ = 0;
  std::string bytes_;
  int64_t start_ns_ = 0;
  bool ended_ = false;
  bool killed_by_runner_ = false;
  int status_ = 0;
};

}  // namespace procmark::conformance

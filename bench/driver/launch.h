// SPDX-License-Identifier: MIT
// Runs an embedded program in a process of its own and waits for its report.
#pragma once

#include <string>

#include "bench/driver/embedded.h"
#include "bench/subject/slice.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::bench {

// Owns the pages that are shared with one program: a memfd and its mapping, zeroed at first.
class SharedPages {
 public:
  // Throws Complaint (lost) if they cannot be made.
  SharedPages();
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;
  ~SharedPages();

  subject::Pages* operator->() const { return pages_; }
  subject::Pages& operator*() const { return *pages_; }
  int Descriptor() const { return memory_.Get(); }

 private:
  sys::Fd memory_;
  subject::Pages* pages_ = nullptr;
};

// What a program gets besides its pages.
struct Extras {
  bool exec_programs = false;  // every subject::ExitProgram, not only the one without a C library
  int cgroup_entrance = -1;    // cgroup.procs of the cgroup that it starts in
  int cgroup_apart = -1;       // the directory of another cgroup, for its own use
};

// Executes the program from memory and waits for its end. `pages`, with their config filled in, are
// its descriptor 3. It gets /dev/null as 0, 1 and 2, no environment, default signals, no core file
// and no address space randomisation. Returns "" if it exited with status 0, else a sentence that
// tells how it ended: crashed, or killed at the deadline. Neither it nor any process that it made
// is left afterwards. Throws Complaint (lost) if it cannot be started.
std::string RunEmbedded(const Embedded& program, SharedPages& pages, long long deadline_ms,
                        const Extras& extras = {});

}  // namespace procmark::bench

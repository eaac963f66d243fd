// Runs an embedded program in a process of its own and waits for its report.
#pragma once

#include <string>

#include "bench/driver/embedded.h"
#include "bench/subject/slice.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::bench {

// Owns the pages that are shared with one program: a memfd and its mapping, zeroed.
class SharedPages {
 public:
  // Throws Complaint (lost) when there is no memory for them.
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

// What a program gets beside its pages.
struct Extras {
  bool exec_programs = false;  // all that exec benchmarks run, not only the one without a C library
  int cgroup_entrance = -1;    // cgroup.procs of the cgroup that it begins in
  int cgroup_apart = -1;       // a cgroup's directory, for its own use
};

// Executes the program from memory with `pages`, whose config is filled in, as its descriptor 3,
// and waits for its end. It gets /dev/null as 0, 1 and 2, the exit program as 4, what Extras say
// above that, no environment, default signals, no core file, no address space randomisation.
// Returns "" when it exited with status 0, else a sentence that says how it ended: crashed, or
// killed at the deadline. In every case neither it nor any process it made is left. Throws
// Complaint (lost) when it cannot be started at all.
std::string RunEmbedded(const Embedded& program, SharedPages& pages, long long deadline_ms,
                        const Extras& extras = {});

}  // namespace procmark::bench

// SPDX-License-Identifier: MIT
// The benchmarks that the embedded programs can measure, by name.
#pragma once

#include <string>
#include <vector>

#include "bench/driver/embedded.h"
#include "bench/driver/peer.h"
#include "bench/subject/slice.h"

namespace procmark::bench {

struct ListedBenchmark {
  std::string name;      // "fork/to:reaped"
  std::string sentence;  // what it measures and what is not timed
  std::string family;
  std::string from;  // edges
  std::string to;
  std::string form;  // "raw" or "libc"
  std::vector<std::string> tags;
  std::string limit_of;               // of a limit: the benchmark that it bounds
  const Embedded* program = nullptr;  // nullptr: a peer
  const Peer* peer = nullptr;
  std::string peer_of;     // of a peer: our benchmark that is most like it
  std::string base;        // its name in its program: without a shape
  subject::Shape shape{};  // what the subject acquires first
  std::string parameter;   // the key in its name whose number the user chooses, or ""
  uint64_t amount = 0;     // that number
  uint32_t uncounted = 0;  // bits of subject::Uncounted

  bool Has(const std::string& tag) const;
};

// Asks every embedded program for its list. In their order, then the sweeps over shapes, then the
// peers. Throws Complaint (lost) if a program does not answer, if a line is malformed, or if two
// benchmarks have one name.
std::vector<ListedBenchmark> ListBenchmarks(long long deadline_ms);

// The benchmark of exactly that name, listed or not: a benchmark, a number for its own parameter,
// and a shape make up a name. Skips programs whose bytes do not contain the name, to avoid running
// them for each slice. Throws Complaint (usage) with similar names if there is none, and (lost) as
// ListBenchmarks() does.
ListedBenchmark FindBenchmark(const std::string& name, long long deadline_ms);

// A JSON array with one object for each, for --procmark_list.
std::string ListJson(const std::vector<ListedBenchmark>& list);

}  // namespace procmark::bench

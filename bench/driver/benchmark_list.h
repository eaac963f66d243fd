// The catalogue: what the embedded programs say they can measure.
#pragma once

#include <string>
#include <vector>

#include "bench/driver/embedded.h"
#include "bench/driver/peer.h"
#include "bench/subject/slice.h"

namespace procmark::bench {

struct Entry {
  std::string name;      // "fork/to:reaped"
  std::string sentence;  // what it measures and what is not timed
  std::string family;
  std::string from;  // edges
  std::string to;
  std::string form;  // "raw" or "libc"
  std::vector<std::string> tags;
  std::string limit_of;
  const Embedded* program = nullptr;  // nullptr: a peer
  const Peer* peer = nullptr;
  std::string peer_of;     // of a peer: our benchmark that comes nearest
  std::string base;        // the name by which its program knows it: without a shape
  subject::Shape shape{};  // what the program's subject takes on first
  std::string parameter;   // the key of its name whose number is the user's, or ""
  uint64_t amount = 0;     // that number
  // What its counts leave out: bits as subject::Uncounted has them.
  uint32_t uncounted = 0;

  bool Has(const std::string& tag) const;
};

// Asks every embedded program for its list; sorted as the programs hold it, after it the sweeps
// over shapes and the peers. Throws Complaint (lost) when a program does not answer, when a line is
// malformed, or when two benchmarks share a name.
std::vector<Entry> ReadCatalogue(long long deadline_ms);

// The entry of that exact name, or the one that a benchmark, another number of its own parameter
// and a shape compose, whether it is listed or not. Executes no program to ask it whose bytes do
// not hold the name, because this is done for each slice. Throws Complaint (usage) naming the
// nearest ones when there is none, (lost) as ReadCatalogue does.
Entry FindEntry(const std::string& name, long long deadline_ms);

// A JSON array of all entries, one object each, for --procmark_list.
std::string CatalogueJson(const std::vector<Entry>& catalogue);

}  // namespace procmark::bench

// SPDX-License-Identifier: MIT
// Peers: similar operations that other tools measure, to compare our numbers with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/subject/slice.h"

namespace procmark::bench {

enum class PeerFormat {
  kStressNg,   // --metrics-brief: bogo operations per second of real time
  kPerfBench,  // perf bench --format=simple: the seconds of all operations
};

struct Peer {
  const char* name;      // "peers/stress-ng/fork"
  const char* peer_of;   // our benchmark that is most like it
  const char* sentence;  // what the peer measures, and why its number differs
  PeerFormat format;
  std::vector<std::string> command;  // the tool's name first
  int64_t operations;                // in one run of the command
  bool not_as_root = false;          // it refuses to run as root, so root runs it as nobody
};

const std::vector<Peer>& Peers();

// The nanoseconds of one run's operations, from what the tool printed to both streams. Empty if
// there is no such number.
std::optional<int64_t> ParsePeer(const Peer& peer, const std::string& printed);

// The runs of a command, or why there are none.
struct PeerRuns {
  std::vector<int64_t> samples;  // nanoseconds of peer.operations each
  std::string skip;              // not installed, too old, not for root, or too slow
  std::string refused;           // it ran and printed no number
};

// Runs the command `runs` times. Throws Complaint (lost) if an installed tool cannot be started.
PeerRuns RunPeer(const Peer& peer, int64_t runs, long long deadline_ms);

}  // namespace procmark::bench

// Peers: what other tools call the same thing, measured by them and put beside ours.
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
  const char* peer_of;   // our benchmark that comes nearest
  const char* sentence;  // what the peer's number is, and why it differs
  PeerFormat format;
  std::vector<std::string> command;  // the tool's name first
  int64_t operations;                // in one run of the command
  bool not_as_root = false;          // root runs it as nobody: it refuses otherwise
};

const std::vector<Peer>& Peers();

// The nanoseconds of one run's operations out of what the tool printed (both streams); empty when
// there is no such number in it.
std::optional<int64_t> ParsePeer(const Peer& peer, const std::string& printed);

// Runs of the command, or why there are none.
struct PeerRuns {
  std::vector<int64_t> samples;  // nanoseconds of peer.operations each
  std::string skip;              // not installed, not known to this version, not for root, too slow
  std::string refused;           // it ran and gave no number
};

// `runs` times, but for a tool that is absent. Throws Complaint (lost) when it cannot be started.
PeerRuns RunPeer(const Peer& peer, int64_t runs, long long deadline_ms);

}  // namespace procmark::bench

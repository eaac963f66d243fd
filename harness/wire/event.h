// SPDX-License-Identifier: MIT
// What a program or a guest says to the host: one JSON object a line (JSON Lines), of the types
// below. A stream begins with `hello` and ends with `done`; a stream without its `done` is lost.
// results/schema/wire.md describes the same for readers of stored runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/wire/test_verdict.h"

namespace procmark::wire {

inline constexpr int kWireVersion = 1;
// A longer line is refused: a stream that lies cannot eat the host's memory.
inline constexpr size_t kLongestLine = 1 << 20;
// What a slice holds at the most: as many as a subject has room for.
inline constexpr int64_t kMostSamples = 4096;

// First line of every program: who speaks.
struct Hello {
  int wire = kWireVersion;
  std::string program;  // "bench", "conformance" or "init"
  std::string arch;     // Debian's name of the architecture it was compiled for
};

// One slice: the samples of one fresh process that ran one benchmark.
struct Slice {
  std::string benchmark;   // "fork/to:reaped"
  std::string from;        // the edges that each sample spans: call parent_return child_start
  std::string to;          // child_exit reaped
  std::string unit;        // "ns" (CLOCK_MONOTONIC) or "instructions" (guest, icount)
  int64_t operations = 1;  // operations inside one sample; a sample's value covers all of them
  int64_t warmups = 0;     // operations done before the first sample, not recorded
  std::vector<int64_t> samples;             // in the order taken, in `unit`
  std::map<std::string, double> counts;     // per operation: minor_faults, voluntary_switches …
  std::map<std::string, double> footprint;  // of the subject: rss_kib, vmas, fds, threads
  // Counts that could not be taken here, and why. Older records lack these and the following.
  std::map<std::string, std::string> absent;
  // Where each sample's edges are two tasks' and may be on two CPUs: the CPU at `from`, and at
  // `to`, of each sample; else empty.
  std::vector<int64_t> from_cpus = {};
  std::vector<int64_t> to_cpus = {};
};

// A benchmark that could not be measured here, and why (never in silence).
struct Skip {
  std::string benchmark;
  std::string reason;
};

// A benchmark whose self-check refused its own numbers.
struct Refused {
  std::string benchmark;
  std::string reason;
};

// One conformance test has begun: what a watchdog names when nothing follows.
struct TestStart {
  std::string test;
};

// One conformance test has ended.
struct Test {
  std::string test = {};  // "Reparent.OrphanGoesToNearestSubreaper"
  TestVerdict verdict = TestVerdict::kPass;
  // Why it failed or was skipped: expected, observed, /proc state; else "".
  std::string reason = {};
  FailCause cause = FailCause::kNone;
  int64_t duration_ns = 0;
  int64_t tainted = 0;  // in a guest: bits of /proc/sys/kernel/tainted that were set meanwhile
};

// From a guest's init: the kernel it runs on, before anything is measured.
struct Boot {
  std::string release;  // uname -r
  std::string version;  // uname -v
  std::string machine;  // uname -m
  std::string cmdline;
  std::string clocksource;
  std::map<std::string, std::string> facts;  // mitigations, THP mode …
};

// From a guest's init: program `index` of its job has begun / has ended with a raw wait status
// (-1: init killed it at its deadline). `tainted` is /proc/sys/kernel/tainted after it.
struct ProgramStart {
  int64_t index = 0;
};
struct ProgramEnd {
  int64_t index = 0;
  int64_t status = 0;
  int64_t tainted = 0;
};

// From a guest's init: a part of its kernel's symbol table, as lines of /proc/kallsyms: all that
// say where code is.
struct Symbols {
  std::string text;
};

// Last line. `events` counts all lines before it, so that a gap shows.
struct Done {
  std::string program;
  int64_t events = 0;
};

using Event = std::variant<Hello, Slice, Skip, Refused, TestStart, Test, Boot, ProgramStart,
                           ProgramEnd, Symbols, Done>;

// One line without its newline. Never contains a newline. Invalid UTF-8 is replaced.
std::string Encode(const Event& event);

// The event of one line. Throws std::runtime_error with a sentence when the line is not JSON, has
// an unknown type, lacks a field, or holds a value out of range (an empty sample list or one longer
// than kMostSamples, a negative operation count, a count beyond 2^53, an unknown verdict).
Event Decode(std::string_view line);

}  // namespace procmark::wire

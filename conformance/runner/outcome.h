// SPDX-License-Identifier: MIT
// The records that the processes of a test send to the runner, and the verdict on the test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/wire/test_verdict.h"

namespace procmark::conformance {

// One record on the report pipe: a JSON line {kind, text, number}.
struct ReportRecord {
  enum class Kind {
    kFailure,  // text: the message of one assertion
    kTasks,    // text: the tasks at the first failure
    kSkip,     // text: the reason
    kEnd,      // the test ran to its end; number: its duration in ns
    kLeak,     // text: what the test left behind
    kTimeout,  // text: the tasks that existed at the deadline
    kStatus,   // number: the raw wait status of the test's process; the last record of a test
    kNoSetup,  // text: why the namespaces or the process of the test could not be made
  };
  Kind kind;
  std::string text;
  int64_t number = 0;
};

// The line of a record, with its newline. DecodeRecord returns nothing for any other line.
std::string EncodeRecord(const ReportRecord& record);
std::optional<ReportRecord> DecodeRecord(std::string_view line);

// The verdict on one test.
struct Outcome {
  wire::TestVerdict verdict = wire::TestVerdict::kPass;
  wire::FailCause cause = wire::FailCause::kNone;
  std::string reason;  // empty for a pass
  int64_t duration_ns = 0;
};

// Everything that is known about a test when all its processes are gone.
struct Evidence {
  std::vector<ReportRecord> records;
  std::string output;             // what the test printed
  bool killed_by_runner = false;  // the reaper missed its own deadline
  int reaper_status = 0;          // raw wait status of the test's reaper
  int64_t elapsed_ns = 0;         // measured by the runner
  int64_t deadline_ms = 0;
  bool informational = false;  // the test is of Kind::kInfo: a failed assertion is only shown
  // Why this machine, and not its kernel, may be the cause of a failure (surroundings.h); or empty.
  std::string excuse = {};
};

Outcome Judge(const Evidence& evidence);

}  // namespace procmark::conformance

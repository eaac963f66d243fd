// What the processes of one test tell the runner, and the verdict that follows.
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
    kFailure,  // text: one assertion's whole message
    kTasks,    // text: /proc as it stood at the first failure
    kSkip,     // text: the reason
    kEnd,      // the body came to its end; number: its nanoseconds
    kLeak,     // text: what was left behind
    kTimeout,  // text: the tasks that were still there
    kStatus,   // number: the body's raw wait status; the last record of every test
    kNoSetup,  // text: why the test's surroundings could not be made
  };
  Kind kind;
  std::string text;
  int64_t number = 0;
};

// A line with its newline. Decode answers nothing for a line that is no record.
std::string EncodeRecord(const ReportRecord& record);
std::optional<ReportRecord> DecodeRecord(std::string_view line);

// The verdict of one test, as wire::Test has it.
struct Outcome {
  wire::TestVerdict verdict = wire::TestVerdict::kPass;
  wire::FailCause cause = wire::FailCause::kNone;
  std::string reason;  // "" for a pass
  int64_t duration_ns = 0;
};

// Everything that is known when a test's processes are gone.
struct Evidence {
  std::vector<ReportRecord> records;
  std::string output;             // what the test printed
  bool killed_by_runner = false;  // the reaper missed its own deadline
  int reaper_status = 0;          // raw wait status of the test's reaper
  int64_t elapsed_ns = 0;         // from the runner's side
  int64_t deadline_ms = 0;
  bool informational = false;  // Kind::kInfo: a failed assertion does not fail the test
};

Outcome Judge(const Evidence& evidence);

}  // namespace procmark::conformance

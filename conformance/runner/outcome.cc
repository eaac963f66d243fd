// SPDX-License-Identifier: MIT
#include "conformance/runner/outcome.h"

#include <array>
#include <nlohmann/json.hpp>

#include "harness/sys/child.h"

namespace procmark::conformance {
namespace {

using wire::FailCause;
using wire::TestVerdict;

using RecordKind = ReportRecord::Kind;
constexpr std::array<const char*, 8> kKindNames = {"failure", "tasks",   "skip",   "end",
                                                   "leak",    "timeout", "status", "no_setup"};

// The texts of all records of one kind, each ended by a newline.
std::string TextsOf(const Evidence& evidence, RecordKind kind) {
  std::string texts;
  for (const ReportRecord& record : evidence.records) {
    if (record.kind != kind) continue;
    texts += record.text;
    if (!texts.empty() && texts.back() != '\n') texts += '\n';
  }
  return texts;
}

const ReportRecord* Find(const Evidence& evidence, RecordKind kind) {
  for (const ReportRecord& record : evidence.records) {
    if (record.kind == kind) return &record;
  }
  return nullptr;
}

std::string Headed(const char* head, const std::string& text) {
  return text.empty() ? std::string() : std::string(head) + text;
}

Outcome Dead(const Evidence& evidence, const std::string& how) {
  Outcome outcome{.verdict = TestVerdict::kCrash,
                  .cause = FailCause::kNone,
                  .reason = how + "\n",
                  .duration_ns = 0};
  outcome.reason += TextsOf(evidence, RecordKind::kFailure);
  outcome.reason += Headed("the test printed:\n", evidence.output);
  return outcome;
}

Outcome TimedOut(const Evidence& evidence) {
  Outcome outcome{
      .verdict = TestVerdict::kTimeout, .cause = FailCause::kNone, .reason = "", .duration_ns = 0};
  outcome.reason = "not finished after " + std::to_string(evidence.deadline_ms) + " ms\n";
  if (evidence.killed_by_runner)
    outcome.reason += "the reaper of the test did not answer and was killed\n";
  outcome.reason += TextsOf(evidence, RecordKind::kFailure);
  outcome.reason += Headed("tasks at the deadline:\n", TextsOf(evidence, RecordKind::kTimeout));
  outcome.reason += Headed("the test printed:\n", evidence.output);
  return outcome;
}

Outcome Failed(const Evidence& evidence, FailCause cause) {
  Outcome outcome{.verdict = TestVerdict::kFail, .cause = cause, .reason = "", .duration_ns = 0};
  outcome.reason = TextsOf(evidence, RecordKind::kFailure);
  outcome.reason += Headed("tasks at the failure:\n", TextsOf(evidence, RecordKind::kTasks));
  outcome.reason += Headed("the test left behind:\n", TextsOf(evidence, RecordKind::kLeak));
  outcome.reason += Headed("the test printed:\n", evidence.output);
  return outcome;
}

Outcome JudgeEnded(const Evidence& evidence) {
  if (Find(evidence, RecordKind::kFailure) != nullptr) {
    Outcome outcome = Failed(evidence, FailCause::kAssertion);
    if (evidence.informational) {
      outcome.verdict = TestVerdict::kSkip;
      outcome.cause = FailCause::kNone;
      outcome.reason = "shown only (class info): " + outcome.reason;
    }
    return outcome;
  }
  if (Find(evidence, RecordKind::kLeak) != nullptr) return Failed(evidence, FailCause::kLeak);
  if (const ReportRecord* skip = Find(evidence, RecordKind::kSkip)) {
    return {.verdict = TestVerdict::kSkip,
            .cause = FailCause::kNone,
            .reason = skip->text.empty() ? "no reason given" : skip->text,
            .duration_ns = 0};
  }
  return {.verdict = TestVerdict::kPass, .cause = FailCause::kNone, .reason = "", .duration_ns = 0};
}

Outcome JudgeWithoutTime(const Evidence& evidence) {
  if (evidence.killed_by_runner || Find(evidence, RecordKind::kTimeout) != nullptr) {
    return TimedOut(evidence);
  }
  if (const ReportRecord* fault = Find(evidence, RecordKind::kNoSetup)) {
    return Dead(evidence, "the test could not be set up: " + fault->text);
  }
  const ReportRecord* status = Find(evidence, RecordKind::kStatus);
  if (status == nullptr) {
    return Dead(evidence,
                "the test's reaper died: " + sys::DescribeWaitStatus(evidence.reaper_status));
  }
  if (Find(evidence, RecordKind::kEnd) == nullptr || status->number != 0) {
    return Dead(evidence, "the process of the test ended before the test did: " +
                              sys::DescribeWaitStatus(static_cast<int>(status->number)));
  }
  return JudgeEnded(evidence);
}

}  // namespace

std::string EncodeRecord(const ReportRecord& record) {
  const nlohmann::json json = {{"kind", kKindNames[static_cast<size_t>(record.kind)]},
                               {"text", record.text},
                               {"number", record.number}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<ReportRecord> DecodeRecord(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("kind") || !json["kind"].is_string()) return {};
  const std::string kind = json["kind"];
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    if (kind != kKindNames[i]) continue;
    return ReportRecord{static_cast<RecordKind>(i), json.value("text", ""),
                        json.value("number", int64_t{0})};
  }
  return {};
}

Outcome Judge(const Evidence& evidence) {
  Outcome outcome = JudgeWithoutTime(evidence);
  const bool failed =
      outcome.verdict != TestVerdict::kPass && outcome.verdict != TestVerdict::kSkip;
  if (failed && !evidence.excuse.empty()) {
    outcome.verdict = TestVerdict::kSkip;
    outcome.cause = FailCause::kNone;
    outcome.reason = "not judged: " + evidence.excuse + ". It failed here with:\n" + outcome.reason;
  }
  const ReportRecord* end = Find(evidence, RecordKind::kEnd);
  outcome.duration_ns = end != nullptr ? end->number : evidence.elapsed_ns;
  return outcome;
}

}  // namespace procmark::conformance

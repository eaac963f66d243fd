// SPDX-License-Identifier: MIT
#include "conformance/runner/printer.h"

#include <cstdio>

namespace procmark::conformance {
namespace {

const char* LabelOf(const Outcome& outcome) {
  if (outcome.verdict == wire::TestVerdict::kPass) return "[       OK ]";
  if (outcome.verdict == wire::TestVerdict::kSkip) return "[  SKIPPED ]";
  if (outcome.verdict == wire::TestVerdict::kTimeout) return "[  TIMEOUT ]";
  if (outcome.verdict == wire::TestVerdict::kCrash) return "[  CRASHED ]";
  return "[  FAILED  ]";
}

bool IsFailure(const Outcome& outcome) {
  return outcome.verdict != wire::TestVerdict::kPass && outcome.verdict != wire::TestVerdict::kSkip;
}

// Prints everything that a reader needs to judge a failure without opening the source.
void PrintPromise(const Promise& promise) {
  std::printf("  promise: %s\n", promise.says);
  std::printf("  class %s, authority: %s", KindName(promise.kind), promise.authority);
  if (*promise.item != '\0') std::printf(", catalogue row %s", promise.item);
  if (*promise.since != '\0') std::printf(", since %s", promise.since);
  if (*promise.until != '\0') std::printf(", until %s", promise.until);
  std::printf("\n");
}

}  // namespace

Printer::Printer(std::vector<const DeclaredPromise*> order)
    : order_(std::move(order)), outcomes_(order_.size()) {}

void Printer::Head(const std::string& isolation, long long deadline_ms, int jobs) const {
  std::printf("[==========] Running %zu tests, %d at a time, %lld ms each at most; %s.\n",
              order_.size(), jobs, deadline_ms, isolation.c_str());
  std::fflush(stdout);  // otherwise a forked test inherits the text and prints it again
}

void Printer::Excuses(const Surroundings& surroundings) const {
  std::vector<std::string> excuses = surroundings.spoilers;
  for (const std::string& refusal : {surroundings.no_clone3, surroundings.no_ptrace}) {
    if (!refusal.empty()) excuses.push_back(refusal);
  }
  for (const std::string& excuse : excuses) {
    std::printf("[==========] Tests that fail because of this are skipped: %s.\n", excuse.c_str());
  }
  std::fflush(stdout);
}

void Printer::PrintOne(size_t index) const {
  const DeclaredPromise& declared = *order_[index];
  const Outcome& outcome = *outcomes_[index];
  std::printf("[ RUN      ] %s\n", declared.name.c_str());
  if (!outcome.reason.empty()) {
    std::printf("%s%s", outcome.reason.c_str(), outcome.reason.back() == '\n' ? "" : "\n");
  }
  if (IsFailure(outcome)) PrintPromise(declared.promise);
  std::printf("%s %s (%lld ms)\n", LabelOf(outcome), declared.name.c_str(),
              static_cast<long long>(outcome.duration_ns / 1'000'000));
}

void Printer::Result(size_t index, const Outcome& outcome) {
  outcomes_[index] = outcome;
  while (printed_ < outcomes_.size() && outcomes_[printed_]) PrintOne(printed_++);
  std::fflush(stdout);
}

void Printer::Tail() const {
  size_t passed = 0;
  size_t skipped = 0;
  for (const auto& outcome : outcomes_) {
    if (outcome && outcome->verdict == wire::TestVerdict::kPass) ++passed;
    if (outcome && outcome->verdict == wire::TestVerdict::kSkip) ++skipped;
  }
  std::printf("[==========] %zu tests ran.\n", order_.size());
  std::printf("[  PASSED  ] %zu tests.\n", passed);
  if (skipped > 0) std::printf("[  SKIPPED ] %zu tests.\n", skipped);
  for (size_t i = 0; i < order_.size(); ++i) {
    if (outcomes_[i] && outcomes_[i]->verdict != wire::TestVerdict::kPass) {
      std::printf("%s %s\n", LabelOf(*outcomes_[i]), order_[i]->name.c_str());
    }
  }
  std::fflush(stdout);
}

bool Printer::AnyFailed() const {
  for (const auto& outcome : outcomes_) {
    if (outcome && IsFailure(*outcome)) return true;
  }
  return false;
}

}  // namespace procmark::conformance

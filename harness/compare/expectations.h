// Expected deviations: which tests are known to fail where, with reason and expiry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/compare/kernel_range.h"
#include "harness/store/run.h"

namespace procmark::compare {

struct Warning;

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
  auto operator<=>(const Date&) const = default;  // NOLINT(modernize-use-nullptr): it is no 0
};

// One known deviation. It applies to a test in a cell when all of test, kernel and cell match.
struct Expectation {
  std::string test;                   // glob of fnmatch(3): "Reparent.*"
  std::optional<KernelRange> kernel;  // against Cell.environment["kernel.release"]
  std::string cell;                   // glob, "*" when the entry does not say; '*' matches '/' too
  std::string reason;
  std::string link;
  Date expires;      // the last day it holds
  int64_t line = 0;  // in its file
};

using Expectations = std::vector<Expectation>;

// Reads the text of an expectations file:
//
//   [[expect]]
//   test = "Reparent.*"           # required
//   kernel = ">=5.10 <5.11"       # kernel, cell or both
//   cell = "arm64/*"
//   reason = "…"                  # required: what deviates and why that is accepted
//   link = "https://…"            # required: where it is tracked
//   expires = 2027-06-01          # required: a date, the last day it holds
//
// `file` is named in messages. Throws sys::Complaint (usage) that names file and line when the text
// is not TOML, when a key is missing, empty, unknown or of the wrong type, or when an entry expired
// before `today`.
Expectations ParseExpectations(std::string_view toml, const std::string& file, const Date& today);

// A test with its final verdict: that of the wire, or xfail or xpass.
struct FinalTest {
  std::string cell = {};
  std::string test = {};
  wire::TestVerdict verdict = wire::TestVerdict::kPass;
  std::string reason = {};  // of the verdict on the wire; of an xfail: what was seen
  wire::FailCause cause = wire::FailCause::kNone;  // of a fail on the wire
  std::string expectation = {};  // "reason (link, until date)" of the entry that applied; else ""
  int64_t duration_ns = 0;
};

struct AppliedExpectations {
  std::vector<FinalTest> tests;  // all of the run's tests, in their order
  std::vector<Warning> warnings;
};

// fail and timeout become xfail where an entry applies, pass becomes xpass; skip stays, and so does
// crash: a dead kernel or program is never expected. The first entry that applies is named.
// Warns about an entry whose test glob matches none of `known_tests` (the run's own tests when
// empty), about an entry that the run shows to be stale (every test it applies to passes), and
// about a cell without kernel.release where an entry asks for one.
AppliedExpectations ApplyExpectations(const store::Run& run, const Expectations& expectations,
                                      const std::vector<std::string>& known_tests = {});

}  // namespace procmark::compare

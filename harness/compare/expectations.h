// SPDX-License-Identifier: MIT
// Expected deviations: tests that are known to fail on some kernels or in some cells, each with its
// reason and an expiry date.
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
  auto operator<=>(const Date&) const = default;  // NOLINT(modernize-use-nullptr): false positive
};

// One known deviation. It applies to a test in a cell if test, kernel and cell all match.
struct Expectation {
  std::string test;                   // a pattern of fnmatch(3): "Reparent.*"
  std::optional<KernelRange> kernel;  // must contain Cell::environment["kernel.release"]
  std::string cell;                   // a pattern ('*' also matches '/'); default "*"
  std::string reason;
  std::string link;
  Date expires;      // the last valid day
  int64_t line = 0;  // of the entry in its file
};

using Expectations = std::vector<Expectation>;

// Reads the text of an expectations file:
//
//   [[expect]]
//   test = "Reparent.*"           # required
//   kernel = ">=5.10 <5.11"       # kernel, cell or both
//   cell = "arm64/*"
//   reason = "…"                  # required: what deviates, and why this is accepted
//   link = "https://…"            # required: where the deviation is tracked
//   expires = 2027-06-01          # required: the last day on which the entry is valid
//
// `file` is the name for messages. Throws sys::Complaint (usage) with file and line if the text is
// not TOML, if a key is missing, empty, unknown or of the wrong type, or if an entry expired before
// `today`.
Expectations ParseExpectations(std::string_view toml, const std::string& file, const Date& today);

// A test with its final verdict: the verdict of the program, or xfail or xpass.
struct FinalTest {
  std::string cell = {};
  std::string test = {};
  wire::TestVerdict verdict = wire::TestVerdict::kPass;
  std::string reason = {};  // of the program's own verdict
  wire::FailCause cause = wire::FailCause::kNone;
  std::string expectation = {};  // "reason (link, until date)" of the entry that applied, or ""
  int64_t duration_ns = 0;
};

struct AppliedExpectations {
  std::vector<FinalTest> tests;  // all tests of the run, in their order
  std::vector<Warning> warnings;
};

// If an entry applies to a test, fail and timeout become xfail, and pass becomes xpass. A skip and
// a crash stay: a crash is never expected. If several entries apply, the first one counts. Warns
// about:
//  - an entry that matches none of `known_tests` (if that is empty: no test of the run);
//  - an entry that is out of date, because all tests that it applies to pass;
//  - a cell without kernel.release, if an entry has a kernel range.
AppliedExpectations ApplyExpectations(const store::Run& run, const Expectations& expectations,
                                      const std::vector<std::string>& known_tests = {});

}  // namespace procmark::compare

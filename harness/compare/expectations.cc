// SPDX-License-Identifier: MIT
#include "harness/compare/expectations.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>

#include "harness/compare/comparison.h"
#include "harness/sys/complaint.h"
#include "harness/sys/toml_guard.h"

namespace procmark::compare {
namespace {

using wire::TestVerdict;

constexpr const char* kReleaseKey = "kernel.release";

[[noreturn]] void Refuse(const std::string& file, int64_t line, const std::string& sentence) {
  sys::ThrowUsage(fmt::format("{}:{}: {}", file, line, sentence));
}

std::string DateText(const Date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

// Returns the string under `key`, or nothing if there is none. Refuses other types and empty texts.
std::optional<std::string> Text(const toml::table& table, const char* key, const std::string& file,
                                int64_t line) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const auto text = node->value_exact<std::string>();
  if (!text) Refuse(file, line, fmt::format("'{}' must be a string in quotes", key));
  if (text->find_first_not_of(" \t\n") == std::string::npos) {
    Refuse(file, line, fmt::format("'{}' is empty: fill it in", key));
  }
  return text;
}

std::string RequiredText(const toml::table& table, const char* key, const std::string& file,
                         int64_t line) {
  auto text = Text(table, key, file, line);
  if (!text) Refuse(file, line, fmt::format("this [[expect]] entry has no '{}': add it", key));
  return *text;
}

Date Expiry(const toml::table& table, const std::string& file, int64_t line) {
  const toml::node* node = table.get("expires");
  const auto date = node == nullptr ? std::nullopt : node->value_exact<toml::date>();
  if (!date) Refuse(file, line, "'expires' must be a date without quotes, like 2027-06-01");
  return {date->year, date->month, date->day};
}

void RefuseUnknownKeys(const toml::table& table, const std::string& file, int64_t line) {
  static const std::set<std::string_view> known = {"test",   "kernel", "cell",
                                                   "reason", "link",   "expires"};
  for (const auto& [key, value] : table) {
    if (known.contains(key.str())) continue;
    Refuse(file, line,
           fmt::format("'{}' is not a key of [[expect]]; the keys are test, kernel, cell, reason, "
                       "link, expires",
                       key.str()));
  }
}

Expectation ParseEntry(const toml::table& table, const std::string& file, const Date& today) {
  const int64_t line = table.source().begin.line;
  RefuseUnknownKeys(table, file, line);
  Expectation entry;
  entry.line = line;
  entry.test = RequiredText(table, "test", file, line);
  const auto cell = Text(table, "cell", file, line);
  const auto kernel = Text(table, "kernel", file, line);
  if (!cell && !kernel) {
    Refuse(file, line,
           "this entry has neither 'kernel' nor 'cell': add where the test deviates "
           "(cell = \"*\" means everywhere)");
  }
  entry.cell = cell.value_or("*");
  if (kernel) {
    try {
      entry.kernel = KernelRange::Parse(*kernel);
    } catch (const std::invalid_argument& error) {
      Refuse(file, line, error.what());
    }
  }
  entry.reason = RequiredText(table, "reason", file, line);
  entry.link = RequiredText(table, "link", file, line);
  entry.expires = Expiry(table, file, line);
  if (entry.expires < today) {
    Refuse(file, line,
           fmt::format("the expectation of '{}' expired on {}: delete it, or renew it "
                       "with a reason",
                       entry.test, DateText(entry.expires)));
  }
  return entry;
}

bool Matches(const std::string& glob, const std::string& text) {
  return fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

// The tests of the run that one entry applied to.
struct Use {
  int64_t expected_failures = 0;
  int64_t unexpected_passes = 0;
  bool other = false;  // a skip or a crash: it does not show whether the entry is out of date
};

const store::Cell* CellOf(const store::Run& run, const std::string& name) {
  for (const store::Cell& cell : run.cells) {
    if (cell.name == name) return &cell;
  }
  return nullptr;
}

bool Applies(const Expectation& entry, const store::Run& run, const store::Test& test) {
  if (!Matches(entry.test, test.test.test) || !Matches(entry.cell, test.cell)) return false;
  if (!entry.kernel) return true;
  const store::Cell* cell = CellOf(run, test.cell);
  if (cell == nullptr) return false;
  const auto release = cell->environment.find(kReleaseKey);
  if (release == cell->environment.end()) return false;
  const auto version = ParseKernelVersion(release->second);
  return version && entry.kernel->Contains(*version);
}

FinalTest Judge(const store::Test& test, const Expectation* entry, Use* use) {
  const wire::Test& seen = test.test;
  FinalTest final{test.cell,  seen.test, seen.verdict,    seen.reason,
                  seen.cause, "",        seen.duration_ns};
  if (entry == nullptr) return final;
  if (seen.verdict == TestVerdict::kFail || seen.verdict == TestVerdict::kTimeout) {
    final.verdict = TestVerdict::kXfail;
    ++use->expected_failures;
  } else if (seen.verdict == TestVerdict::kPass) {
    final.verdict = TestVerdict::kXpass;
    ++use->unexpected_passes;
  } else {
    use->other = true;
    return final;
  }
  final.expectation =
      fmt::format("{} ({}, until {})", entry->reason, entry->link, DateText(entry->expires));
  return final;
}

void WarnAboutEntries(const store::Run& run, const Expectations& expectations,
                      const std::vector<Use>& uses, const std::vector<std::string>& known_tests,
                      std::vector<Warning>& warnings) {
  for (size_t i = 0; i < expectations.size(); ++i) {
    const Expectation& entry = expectations[i];
    const bool known =
        known_tests.empty()
            ? std::any_of(run.tests.begin(), run.tests.end(),
                          [&](const store::Test& t) { return Matches(entry.test, t.test.test); })
            : std::any_of(known_tests.begin(), known_tests.end(),
                          [&](const std::string& name) { return Matches(entry.test, name); });
    if (!known) {
      warnings.push_back({entry.test, fmt::format("the expectation in line {} matches no known "
                                                  "test: correct or delete it",
                                                  entry.line)});
    } else if (uses[i].unexpected_passes > 0 && uses[i].expected_failures == 0 && !uses[i].other) {
      warnings.push_back({entry.test, fmt::format("the expectation in line {} is out of date: all "
                                                  "{} tests that it applies to pass; delete it or "
                                                  "narrow it",
                                                  entry.line, uses[i].unexpected_passes)});
    }
  }
}

void WarnAboutUnknownReleases(const store::Run& run, const Expectations& expectations,
                              std::vector<Warning>& warnings) {
  const bool asked = std::any_of(expectations.begin(), expectations.end(),
                                 [](const Expectation& entry) { return entry.kernel.has_value(); });
  if (!asked) return;
  std::set<std::string> cells;
  for (const store::Test& test : run.tests) cells.insert(test.cell);
  for (const std::string& name : cells) {
    const store::Cell* cell = CellOf(run, name);
    const auto release = cell == nullptr ? std::string()
                         : cell->environment.contains(kReleaseKey)
                             ? cell->environment.at(kReleaseKey)
                             : std::string();
    if (ParseKernelVersion(release)) continue;
    warnings.push_back({name, fmt::format("the kernel release is '{}': expectations with a kernel "
                                          "range cannot apply here",
                                          release)});
  }
}

}  // namespace

Expectations ParseExpectations(std::string_view text, const std::string& file, const Date& today) {
  if (const auto fault = sys::WhyNotParsed(text)) Refuse(file, fault->line, fault->what);
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    Refuse(file, error.source().begin.line, std::string(error.description()));
  }
  Expectations expectations;
  for (const auto& [key, value] : table) {
    if (key.str() != "expect" || !value.is_array_of_tables()) {
      Refuse(
          file, value.source().begin.line,
          fmt::format("'{}' is unknown: this file may only contain [[expect]] entries", key.str()));
    }
    for (const toml::node& node : *value.as_array()) {
      expectations.push_back(ParseEntry(*node.as_table(), file, today));
    }
  }
  return expectations;
}

AppliedExpectations ApplyExpectations(const store::Run& run, const Expectations& expectations,
                                      const std::vector<std::string>& known_tests) {
  AppliedExpectations applied;
  std::vector<Use> uses(expectations.size());
  for (const store::Test& test : run.tests) {
    const auto entry =
        std::find_if(expectations.begin(), expectations.end(),
                     [&](const Expectation& one) { return Applies(one, run, test); });
    const bool found = entry != expectations.end();
    const auto index = static_cast<size_t>(entry - expectations.begin());
    applied.tests.push_back(Judge(test, found ? &*entry : nullptr, found ? &uses[index] : nullptr));
  }
  WarnAboutEntries(run, expectations, uses, known_tests, applied.warnings);
  WarnAboutUnknownReleases(run, expectations, applied.warnings);
  return applied;
}

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
#include "conformance/mutation/check/faults.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "conformance/ctest/verdicts.h"
#include "conformance/mutation/check/fault_table.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {

using conformance::FilterOf;
using conformance::FirstLine;
using conformance::kSkipped;
using conformance::RunTests;
using conformance::Verdict;
using conformance::Verdicts;

namespace {

constexpr const char* kNoFault = "none";
constexpr size_t kMostPinned = 4;
// The deadlines of a test. The first is short, because all tests are tried. The second is long, so
// that a timeout means that the test never ends: tracing and a busy machine make tests slow.
constexpr long long kTryDeadlineMs = 4'000;
constexpr long long kSureDeadlineMs = 20'000;
constexpr long long kCheckDeadlineMs = 8'000;
constexpr long long kFaultRunDeadlineMs = 600'000;

// Runs `tests`, or the core tests when there are none, on a kernel with `fault`, or without
// procmark-fault when it is empty.
Verdicts RunUnder(const FaultPaths& paths, const std::string& fault,
                  const std::vector<std::string>& tests, long long deadline_ms) {
  std::vector<std::string> argv;
  if (!fault.empty()) argv = {paths.fault, fault};
  argv.insert(argv.end(), {paths.conformance, "--procmark_jobs=16", "--procmark_blame_kernel",
                           "--procmark_deadline_ms=" + std::to_string(deadline_ms)});
  if (!tests.empty()) argv.push_back(FilterOf(tests));
  return RunTests(argv, sys::Deadline::After(kFaultRunDeadlineMs));
}

std::vector<std::string> NamesOf(const Verdicts& verdicts, bool (*wanted)(const Verdict&)) {
  std::vector<std::string> names;
  for (const auto& [test, verdict] : verdicts) {
    if (wanted(verdict)) names.push_back(test);
  }
  return names;
}

// The tests that pass without a fault, with and without the tracer. Only they can catch a fault.
class Baselines {
 public:
  explicit Baselines(const FaultPaths& paths) : paths_(paths) {}
  const std::set<std::string>& Of(bool traced) {
    std::optional<std::set<std::string>>& sound = traced ? traced_ : untraced_;
    if (!sound) sound = Measure(traced ? kNoFault : "");
    return *sound;
  }

 private:
  std::set<std::string> Measure(const std::string& fault) {
    std::vector<std::string> passed;
    for (int round = 0; round < 3; ++round) {
      const Verdicts verdicts = RunUnder(paths_, fault, passed, kTryDeadlineMs);
      passed = NamesOf(verdicts, [](const Verdict& verdict) {
        return verdict.verdict == wire::TestVerdict::kPass;
      });
    }
    std::printf("%zu tests pass three times without a fault, %s the tracer\n", passed.size(),
                fault.empty() ? "without" : "with");
    return {passed.begin(), passed.end()};
  }
  const FaultPaths& paths_;
  std::optional<std::set<std::string>> traced_;
  std::optional<std::set<std::string>> untraced_;
};

// Prefers tests that fail to tests that time out.
std::vector<std::string> ChoosePinned(const Verdicts& verdicts) {
  std::vector<std::string> pinned;
  for (const wire::TestVerdict wanted :
       {wire::TestVerdict::kFail, wire::TestVerdict::kCrash, wire::TestVerdict::kTimeout}) {
    for (const auto& [test, verdict] : verdicts) {
      if (verdict.verdict == wanted && pinned.size() < kMostPinned) pinned.push_back(test);
    }
  }
  return pinned;
}

// Runs `tests` on the fault of the row with a long deadline. Those that fail catch it.
void Confirm(const FaultPaths& paths, const std::vector<std::string>& tests, FaultRow& row) {
  Verdicts verdicts;
  if (!tests.empty()) verdicts = RunUnder(paths, row.name, tests, kSureDeadlineMs);
  std::erase_if(verdicts, [](const auto& one) { return !one.second.Caught(); });
  row.caught_by = NamesOf(verdicts, [](const Verdict&) { return true; });
  row.pinned = ChoosePinned(verdicts);
  std::printf("%-36s caught by %zu%s%s\n", row.name.c_str(), row.caught_by.size(),
              row.pinned.empty() ? "" : ": ", row.pinned.empty() ? "" : row.pinned[0].c_str());
  std::fflush(stdout);
}

void FindOne(const FaultPaths& paths, const std::set<std::string>& sound, FaultRow& row) {
  Verdicts verdicts = RunUnder(paths, row.name, {}, kTryDeadlineMs);
  std::erase_if(verdicts, [&](const auto& one) {
    return !one.second.Caught() || !sound.contains(one.first);
  });
  Confirm(paths, NamesOf(verdicts, [](const Verdict&) { return true; }), row);
}

// One sentence for each difference between the table and procmark-fault.
std::vector<std::string> TableTroubles(const std::vector<FaultRow>& table,
                                       const std::vector<FaultRow>& listed) {
  std::vector<std::string> troubles;
  std::map<std::string, const FaultRow*> rows;
  for (const FaultRow& row : table) rows[row.name] = &row;
  for (const FaultRow& fault : listed) {
    if (fault.name == kNoFault) continue;
    const auto found = rows.find(fault.name);
    if (found == rows.end()) {
      troubles.push_back(fault.name + " is not in the table: run find-faults " + fault.name);
    } else if (found->second->pinned.empty()) {
      troubles.push_back(fault.name + ": no test catches it");
    } else if (found->second->sentence != fault.sentence) {
      troubles.push_back(fault.name + " has another sentence now: run find-faults " + fault.name);
    }
    if (found != rows.end()) rows.erase(found);
  }
  for (const auto& [name, row] : rows)
    troubles.push_back(name + ": procmark-fault does not have this fault");
  return troubles;
}

struct Tally {
  int shown = 0;
  int not_here = 0;
  int troubles = 0;
  void Trouble(const std::string& sentence) {
    ++troubles;
    std::printf("TROUBLE %s\n", sentence.c_str());
  }
};

// Runs the pinned tests of a row on its fault. The fault is caught when one of them fails; a pinned
// test that passes is trouble.
void CheckOne(const FaultPaths& paths, const FaultRow& row, Tally& tally) {
  const Verdicts verdicts = RunUnder(paths, row.name, row.pinned, kCheckDeadlineMs);
  int caught = 0;
  int skipped = 0;
  for (const std::string& test : row.pinned) {
    const auto found = verdicts.find(test);
    if (found == verdicts.end()) {
      tally.Trouble(row.name + ": " + test + " did not run");
    } else if (found->second.Caught()) {
      ++caught;
    } else if (found->second.verdict == wire::TestVerdict::kSkip) {
      ++skipped;
      std::printf("skip    %s: %s: %s\n", row.name.c_str(), test.c_str(),
                  FirstLine(found->second.reason).c_str());
    } else {
      tally.Trouble(row.name + ": " + test +
                    " passes on the kernel with this fault: " + row.sentence);
    }
  }
  if (caught > 0) {
    ++tally.shown;
    std::printf("caught  %s, by %d of %zu\n", row.name.c_str(), caught, row.pinned.size());
  } else if (skipped > 0) {
    ++tally.not_here;
  }
}

// Checks that the pinned tests pass without a fault, with the tracer if `traced`.
void CheckSound(const FaultPaths& paths, const std::vector<FaultRow>& table, bool traced,
                Tally& tally) {
  std::set<std::string> tests;
  for (const FaultRow& row : table) {
    if (row.traced == traced) tests.insert(row.pinned.begin(), row.pinned.end());
  }
  if (tests.empty()) return;
  const Verdicts verdicts =
      RunUnder(paths, traced ? kNoFault : "", {tests.begin(), tests.end()}, kSureDeadlineMs);
  for (const auto& [test, verdict] : verdicts) {
    if (!verdict.Caught()) continue;
    tally.Trouble(test + " fails without a fault" + (traced ? ", with the tracer" : "") + ": " +
                  FirstLine(verdict.reason));
  }
}

std::vector<FaultRow> PartOf(const std::vector<FaultRow>& table, const std::string& part) {
  size_t first = 0;
  size_t step = 0;
  char rest = 0;
  if (std::sscanf(part.c_str(), "%zu/%zu%c", &first, &step, &rest) != 2 || first < 1 ||
      first > step) {
    sys::ThrowUsage("--part takes K/N such as 1/2, not '" + part + "'");
  }
  std::vector<FaultRow> rows;
  for (size_t i = first - 1; i < table.size(); i += step) rows.push_back(table[i]);
  return rows;
}

}  // namespace

int FindFaults(const FaultPaths& paths, const std::vector<std::string>& only) {
  std::map<std::string, FaultRow> known;
  if (!only.empty()) {
    for (FaultRow& row : ReadFaultTable(paths.table)) known[row.name] = row;
  }
  Baselines baselines(paths);
  std::vector<FaultRow> rows;
  int uncaught = 0;
  for (FaultRow& row : ListFaults(paths.fault)) {
    if (row.name == kNoFault) continue;
    if (only.empty() || std::ranges::count(only, row.name) > 0) {
      FindOne(paths, baselines.Of(row.traced), row);
      if (row.caught_by.empty()) ++uncaught;
    } else if (const auto found = known.find(row.name); found != known.end()) {
      row.pinned = found->second.pinned;
      row.caught_by = found->second.caught_by;
    }
    rows.push_back(row);
    WriteFaultTable(paths.table, rows);
  }
  std::printf("%zu faults; no test catches %d of those that were tried\n", rows.size(), uncaught);
  return uncaught > 0 ? 1 : 0;
}

int ConfirmFaults(const FaultPaths& paths) {
  std::vector<FaultRow> rows = ReadFaultTable(paths.table);
  int uncaught = 0;
  for (FaultRow& row : rows) {
    Confirm(paths, std::vector<std::string>(row.caught_by), row);
    if (row.caught_by.empty()) ++uncaught;
  }
  WriteFaultTable(paths.table, rows);
  std::printf("%zu faults; no test catches %d of them any more\n", rows.size(), uncaught);
  return uncaught > 0 ? 1 : 0;
}

int CheckFaults(const FaultPaths& paths, const std::string& part) {
  std::vector<FaultRow> table = ReadFaultTable(paths.table);
  Tally tally;
  for (const std::string& trouble : TableTroubles(table, ListFaults(paths.fault))) {
    tally.Trouble(trouble);
  }
  table = PartOf(table, part);
  try {
    (void)RunUnder(paths, kNoFault, {"ForkNotInherited.DeathSignal"}, kSureDeadlineMs);
  } catch (const sys::Complaint& complaint) {
    std::printf("skipped: this machine cannot run a fault: %s\n", complaint.what());
    return kSkipped;
  }
  for (const bool traced : {false, true}) CheckSound(paths, table, traced, tally);
  for (const FaultRow& row : table) CheckOne(paths, row, tally);
  std::printf("%d faults are caught, %d cannot be tried on this machine, %d troubles\n",
              tally.shown, tally.not_here, tally.troubles);
  return tally.troubles > 0 ? 1 : 0;
}

}  // namespace procmark::mutation

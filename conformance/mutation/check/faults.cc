// Runs of procmark-fault, and what came of them.
#include "conformance/mutation/check/faults.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "conformance/mutation/check/fault_table.h"
#include "conformance/mutation/check/verdicts.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {
namespace {

constexpr const char* kNoFault = "none";
constexpr size_t kMostPinned = 4;
// A test's deadline: short where everything is tried, long where a timeout has to mean that the
// test would never end (tracing and a loaded machine make tests slow).
constexpr long long kTryDeadlineMs = 4'000;
constexpr long long kSureDeadlineMs = 20'000;
constexpr long long kCheckDeadlineMs = 8'000;
constexpr long long kFaultRunDeadlineMs = 600'000;

// `fault` empty: without procmark-fault. No tests: the core set.
Verdicts RunUnder(const FaultPaths& paths, const std::string& fault,
                  const std::vector<std::string>& tests, long long deadline_ms) {
  std::vector<std::string> argv;
  if (!fault.empty()) argv = {paths.fault, fault};
  argv.insert(argv.end(), {paths.conformance, "--procmark_jobs=16",
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

// What may be asked of a faulty kernel: tests that pass on a right one under the same machinery.
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
    std::printf("without a fault%s: %zu tests pass, three times\n",
                fault.empty() ? "" : ", but traced", passed.size());
    return {passed.begin(), passed.end()};
  }
  const FaultPaths& paths_;
  std::optional<std::set<std::string>> traced_;
  std::optional<std::set<std::string>> untraced_;
};

// Those that say what is wrong before those that wait for their deadline.
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

// Runs `tests` on the row's kernel with a long deadline; those that still fail are what catches it.
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

// Sentences that say what is wrong about the table itself.
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
      troubles.push_back(fault.name + " does something else now: run find-faults " + fault.name);
    }
    if (found != rows.end()) rows.erase(found);
  }
  for (const auto& [name, row] : rows) troubles.push_back(name + ": procmark-fault knows it not");
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

// A fault is shown when each pinned test that this machine can run noticed it.
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
      tally.Trouble(row.name + ": " + test + " passed although " + row.sentence);
    }
  }
  if (caught > 0) {
    ++tally.shown;
    std::printf("caught  %s, by %d of %zu\n", row.name.c_str(), caught, row.pinned.size());
  } else if (skipped > 0) {
    ++tally.not_here;
  }
}

// The pinned tests pass where nothing is wrong.
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
    tally.Trouble(test + " fails without any fault" + (traced ? ", but traced" : "") + ": " +
                  FirstLine(verdict.reason));
  }
}

std::vector<FaultRow> PartOf(const std::vector<FaultRow>& table, const std::string& part) {
  size_t first = 0;
  size_t step = 0;
  char rest = 0;
  if (std::sscanf(part.c_str(), "%zu/%zu%c", &first, &step, &rest) != 2 || first < 1 ||
      first > step) {
    sys::ThrowUsage("--part=" + part + " is no part: write K/N, such as 1/2");
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
  std::printf("%zu faults, %d of those tried caught by nobody\n", rows.size(), uncaught);
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
  std::printf("%zu faults, %d caught by nobody any more\n", rows.size(), uncaught);
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
    std::printf("skipped: no faulty kernel can be made here: %s\n", complaint.what());
    return kSkipped;
  }
  for (const bool traced : {false, true}) CheckSound(paths, table, traced, tally);
  for (const FaultRow& row : table) CheckOne(paths, row, tally);
  std::printf("%d faults caught, %d cannot be shown on this machine, %d troubles\n", tally.shown,
              tally.not_here, tally.troubles);
  return tally.troubles > 0 ? 1 : 0;
}

}  // namespace procmark::mutation

// SPDX-License-Identifier: MIT
// procmark-conformance-check: compares procmark-conformance with its sources and its catalogue, and
// runs it on this machine.
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "conformance/ctest/catalogue.h"
#include "conformance/ctest/coverage.h"
#include "conformance/ctest/test_list.h"
#include "conformance/ctest/this_machine.h"
#include "conformance/ctest/verdicts.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: procmark-conformance-check COMMAND PROGRAM FOLDER\n"
    "PROGRAM is procmark-conformance, FOLDER is conformance/.\n"
    "\n"
    "  list           compare the tests of PROGRAM with the sources in FOLDER/tests\n"
    "  coverage       compare the tests of PROGRAM with FOLDER/catalogue.toml\n"
    "  native         run the core tests here: only known deviations of this kernel may fail,\n"
    "                 and they must (FOLDER/expectations.toml)\n"
    "  ordinary-user  the same as an ordinary user (uid 65534 when root runs this)\n"
    "\n"
    "Exit code: 0 as expected, 1 not as expected, 2 wrong input, 3 the program did not run.\n";

// The core tests that must at least pass, as root and as an ordinary user.
constexpr size_t kFewestPasses = 300;
constexpr long long kRunDeadlineMs = 590'000;
constexpr int kOrdinaryUid = 65534;

std::string ReadText(const fs::path& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) sys::ThrowUsage("'" + path.string() + "' cannot be read");
  return text.str();
}

std::vector<ListedTest> ListTests(const std::string& program) {
  const sys::Result<sys::CommandOutput> listed =
      sys::RunCommand({program, "--procmark_list"}, sys::Deadline::After(10'000));
  if (!listed) sys::ThrowLost("'" + program + "' cannot be run: " + listed.Failure().Text());
  if (listed.Value().status != 0) {
    sys::ThrowLost("'" + program + " --procmark_list' failed: " +
                   sys::DescribeWaitStatus(listed.Value().status) + "\n" + listed.Value().err);
  }
  return ReadTestList(listed.Value().out);
}

// The test files below conformance/tests/, and the names of its folders.
std::vector<TestSource> ReadSources(const fs::path& tests) {
  std::vector<TestSource> sources;
  for (const auto& entry : fs::recursive_directory_iterator(tests)) {
    if (entry.path().string().ends_with("_test.cc")) {
      sources.push_back({entry.path().string(), ReadText(entry.path())});
    }
  }
  return sources;
}

std::set<std::string> FoldersOf(const fs::path& tests) {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(tests)) {
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  }
  return folders;
}

int Report(const std::vector<std::string>& faults, const std::string& summary) {
  for (const std::string& fault : faults) std::printf("%s\n", fault.c_str());
  std::printf("%s\n", summary.c_str());
  return faults.empty() ? 0 : 1;
}

int CheckList(const std::string& program, const fs::path& folder) {
  const std::vector<ListedTest> tests = ListTests(program);
  return Report(ListFaults(tests, ReadSources(folder / "tests")),
                std::to_string(tests.size()) + " tests are listed");
}

int CheckCoverage(const std::string& program, const fs::path& folder) {
  const fs::path catalogue = folder / "catalogue.toml";
  const std::vector<CatalogueRow> rows = ReadCatalogue(ReadText(catalogue), catalogue.string());
  const Coverage coverage = CompareWithTests(rows, ListTests(program), FoldersOf(folder / "tests"));
  return Report(coverage.faults,
                std::to_string(rows.size()) + " rows: " + std::to_string(coverage.tested) +
                    " are tested and " + std::to_string(coverage.excused) + " have a reason; " +
                    std::to_string(coverage.without_row) + " tests name no row");
}

compare::Date Today() {
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return {static_cast<int>(today.year()), static_cast<int>(static_cast<unsigned>(today.month())),
          static_cast<int>(static_cast<unsigned>(today.day()))};
}

int CheckThisMachine(const std::string& program, const fs::path& folder, bool as_user) {
  std::vector<std::string> argv = {program};
  if (as_user && ::geteuid() == 0) {
    argv.push_back("--procmark_uid=" + std::to_string(kOrdinaryUid));
  }
  bool finished = false;
  const Verdicts verdicts = RunTests(argv, sys::Deadline::After(kRunDeadlineMs), &finished);
  utsname machine{};
  if (::uname(&machine) != 0) sys::ThrowLost(sys::LastError("uname").Text());
  const fs::path expectations = folder / "expectations.toml";
  MachineJudgement judgement = JudgeThisMachine(
      verdicts, machine.release,
      compare::ParseExpectations(ReadText(expectations), expectations.string(), Today()));
  if (!finished) judgement.faults.emplace_back("the program did not run to its end");
  if (judgement.passed < kFewestPasses) {
    judgement.faults.push_back("fewer than " + std::to_string(kFewestPasses) + " tests pass");
  }
  for (const std::string& skip : judgement.skips) std::printf("skip %s\n", skip.c_str());
  return Report(judgement.faults, "on Linux " + std::string(machine.release) +
                                      (as_user ? " as an ordinary user" : "") + ": " +
                                      std::to_string(judgement.passed) + " tests pass, " +
                                      std::to_string(judgement.skips.size()) + " are skipped, " +
                                      std::to_string(judgement.known_failures) +
                                      " fail as expected");
}

int Run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--help") {
    std::printf("%s", kUsage);
    return 0;
  }
  if (words.size() != 3) sys::ThrowUsage("three arguments are needed: --help shows them");
  const std::string& program = words[1];
  const fs::path folder = words[2];
  if (words[0] == "list") return CheckList(program, folder);
  if (words[0] == "coverage") return CheckCoverage(program, folder);
  if (words[0] == "native") return CheckThisMachine(program, folder, false);
  if (words[0] == "ordinary-user") return CheckThisMachine(program, folder, true);
  sys::ThrowUsage("there is no command '" + words[0] + "': --help lists them");
}

}  // namespace
}  // namespace procmark::conformance

int main(int argc, char** argv) {
  using procmark::sys::Complaint;
  try {
    return procmark::conformance::Run({argv + 1, argv + argc});
  } catch (const Complaint& complaint) {
    std::fprintf(stderr, "procmark-conformance-check: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  } catch (const std::filesystem::filesystem_error& error) {
    std::fprintf(stderr, "procmark-conformance-check: %s\n", error.what());
    return static_cast<int>(procmark::sys::ExitCode::kUsage);
  }
}

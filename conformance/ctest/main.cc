// procmark-conformance-check: compares procmark-conformance with its sources and its catalogue.
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
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: procmark-conformance-check list PROGRAM FOLDER      the tests of the program against\n"
    "                                                           the sources, tests/ of FOLDER\n"
    "       procmark-conformance-check coverage PROGRAM FOLDER  the tests of the program against\n"
    "                                                           catalogue.toml of FOLDER\n"
    "PROGRAM is procmark-conformance, FOLDER is conformance/.\n"
    "Exit code: 0 they agree, 1 they do not, 2 wrong input, 3 the program did not run.\n";

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

int Run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--help") {
    std::printf("%s", kUsage);
    return 0;
  }
  if (words.size() != 3 || (words[0] != "list" && words[0] != "coverage")) {
    sys::ThrowUsage(std::string("wrong arguments\n") + kUsage);
  }
  const std::vector<ListedTest> tests = ListTests(words[1]);
  const fs::path folder = words[2];
  if (words[0] == "list") {
    return Report(ListFaults(tests, ReadSources(folder / "tests")),
                  std::to_string(tests.size()) + " tests are listed");
  }
  const fs::path catalogue = folder / "catalogue.toml";
  const std::vector<CatalogueRow> rows = ReadCatalogue(ReadText(catalogue), catalogue.string());
  const Coverage coverage = CompareWithTests(rows, tests, FoldersOf(folder / "tests"));
  return Report(coverage.faults,
                std::to_string(rows.size()) + " rows: " + std::to_string(coverage.tested) +
                    " are tested and " + std::to_string(coverage.excused) + " have a reason; " +
                    std::to_string(coverage.without_row) + " tests name no row");
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

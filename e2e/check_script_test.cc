// SPDX-License-Identifier: MIT
// .ci/check, with shell scripts in place of the tests: which of them it runs again.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "harness/sys/child.h"
#include "harness/sys/temp_dir.h"

namespace procmark::e2e {
namespace {

namespace fs = std::filesystem;

constexpr long long kDeadlineMs = 60'000;

class CheckScript : public ::testing::Test {
 protected:
  CheckScript() : folder_(sys::TempDir::Create().Value()) {
    Write(".ci/check", "");
    fs::copy_file(fs::path(PROCMARK_ROOT) / ".ci/check", Tree() / ".ci/check",
                  fs::copy_options::overwrite_existing);
    Write("harness/a/data.txt", "1");
    Write("harness/b/data.txt", "1");
    WriteTest("a", "true");
    WriteTest("b", "true");
    Write("build/harness/CTestTestfile.cmake",
          "add_test(lint_style true)\nset_tests_properties(lint_style PROPERTIES LABELS lint)\n");
    Write("build/programs-amd64/CTestTestfile.cmake",
          "add_test(conformance.list true)\nadd_test(bench_smoke true)\n");
    for (const char* program : {"conformance/procmark-conformance", "bench/procmark-bench",
                                "bench/procmark-bench-smoke-test"}) {
      Write(std::string("build/programs-amd64/") + program, "");
    }
  }

  fs::path Tree() const { return folder_.Path(); }
  void Write(const std::string& file, const std::string& text) const {
    fs::create_directories((Tree() / file).parent_path());
    std::ofstream(Tree() / file, std::ios::trunc) << text;
  }
  void WriteTest(const std::string& name, const std::string& command) const {
    const std::string file = "build/harness/harness/" + name + "/" + name + "_test";
    Write(file, "#!/bin/sh\n" + command + "\n");
    ASSERT_EQ(::chmod((Tree() / file).c_str(), 0755), 0);
  }
  // Runs the script, which must exit with `exit_code`. Returns what it prints, without the last
  // line, which holds the time.
  std::string Check(int exit_code) const {
    const sys::CommandOutput output =
        sys::RunCommand({(Tree() / ".ci/check").string()}, sys::Deadline::After(kDeadlineMs))
            .Value();
    EXPECT_EQ(output.status >> 8, exit_code) << output.err;
    std::string lines = output.out;
    const size_t time = lines.rfind(" s\n");
    const size_t line = lines.rfind('\n', time) + 1;
    return lines.erase(line, time + 3 - line);
  }

 private:
  sys::TempDir folder_;
};

TEST_F(CheckScript, RunsWhatChangedSinceItPassed) {
  EXPECT_EQ(Check(0),
            "ok      lint\nok      a_test\nok      b_test\nok      conformance\nok      bench\n");
  EXPECT_EQ(Check(0), "ok      lint\n");
  Write("harness/b/data.txt", "2");
  EXPECT_EQ(Check(0), "ok      lint\nok      b_test\n");
  WriteTest("a", "true");
  EXPECT_EQ(Check(0), "ok      lint\nok      a_test\n");
  Write("build/programs-amd64/bench/procmark-bench", "new");
  EXPECT_EQ(Check(0), "ok      lint\nok      bench\n");
}

TEST_F(CheckScript, ShowsWhatFailsAndRunsItAgain) {
  Check(0);
  WriteTest("a", "echo reason; false");
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(Check(1), "ok      lint\nreason\nFAILED  a_test\nfailed: a_test\n");
  }
  Write("build/harness/CTestTestfile.cmake",
        "add_test(lint_style false)\nset_tests_properties(lint_style PROPERTIES LABELS lint)\n");
  WriteTest("a", "true");
  const std::string said = Check(1);
  EXPECT_NE(said.find("FAILED  lint\nok      a_test\nfailed: lint\n"), std::string::npos) << said;
}

}  // namespace
}  // namespace procmark::e2e

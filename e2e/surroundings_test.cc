// SPDX-License-Identifier: MIT
// A test of the suite that fails must mean that the kernel is wrong. This walks through a table of
// surroundings in which a correct kernel once failed tests, and checks that it fails none.
#include "e2e/surroundings.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/sys/deadline.h"
#include "harness/sys/temp_dir.h"

namespace procmark::e2e {
namespace {

constexpr long long kRunDeadlineMs = 300'000;

// What the suite said.
struct Ran {
  int exit_code = -1;
  std::string out;
  std::set<std::string> failed;
  int passed = 0;
};

Ran RunSuite(const Surrounding& surrounding) {
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::string out = (folder.Path() / "out").string();
  std::vector<std::string> argv = surrounding.wrapper;
  argv.push_back(ConformanceProgram());
  argv.insert(argv.end(), {"--procmark_jobs=3", "--procmark_deadline_ms=60000"});
  argv.insert(argv.end(), surrounding.arguments.begin(), surrounding.arguments.end());
  sys::Child child = Start(argv, surrounding, out);
  const auto status = child.Wait(sys::Deadline::After(kRunDeadlineMs));
  Ran ran;
  ran.out = TextOf(out);
  if (status && status.Value() && WIFEXITED(*status.Value())) {
    ran.exit_code = WEXITSTATUS(*status.Value());
  }
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    for (const std::string label : {"[  FAILED  ] ", "[  TIMEOUT ] ", "[  CRASHED ] "}) {
      if (!line.starts_with(label) || line.ends_with(" ms)")) continue;
      ran.failed.insert(line.substr(label.size()));
    }
    const std::string passed = "[  PASSED  ] ";
    if (line.starts_with(passed)) ran.passed = std::atoi(line.c_str() + passed.size());
  }
  return ran;
}

// The tests that fail here without any wrapper: the known deviations of this kernel.
const Ran& Plain() {
  static const Ran plain = RunSuite({.name = "plain"});
  return plain;
}

class SuiteIn : public testing::TestWithParam<Surrounding> {};

TEST_P(SuiteIn, BlamesNoKernel) {
  const Surrounding& surrounding = GetParam();
  if (const std::string why = surrounding.why_not(); !why.empty()) GTEST_SKIP() << why;
  const Ran ran = RunSuite(surrounding);
  for (const std::string& test : ran.failed) {
    EXPECT_TRUE(Plain().failed.contains(test)) << test << " fails here only\n" << ran.out;
  }
  EXPECT_EQ(ran.exit_code, ran.failed.empty() ? 0 : 1) << ran.out;
  EXPECT_GE(ran.passed, surrounding.least_passed) << ran.out;
  EXPECT_NE(ran.out.find(surrounding.says), std::string::npos) << ran.out;
}

INSTANTIATE_TEST_SUITE_P(All, SuiteIn, testing::ValuesIn(AllSurroundings()),
                         [](const auto& row) { return row.param.name; });

// Output that cannot be written is never a success.

TEST(Output, ThatCannotBeWrittenIsExitCode3) {
  for (const std::string& program :
       {std::string(PROCMARK_TOOL) + " list benchmarks", ConformanceProgram() + " --procmark_list",
        BenchProgram() + " --procmark_list"}) {
    for (const char* stream : {">/dev/full", ">&-"}) {
      const Answer answer = RunShell(program + " " + stream);
      EXPECT_EQ(answer.exit_code, 3) << program << stream << answer.err;
      EXPECT_NE(answer.err.find("the output is not complete"), std::string::npos)
          << program << stream << answer.err;
    }
  }
}

// The pipe is full when the tool writes to it, and a slow reader empties it.
TEST(Output, ToANonBlockingPipeIsComplete) {
  for (const std::string& program :
       {std::string(PROCMARK_TOOL) + " list benchmarks --json",
        ConformanceProgram() + " --procmark_list", BenchProgram() + " --procmark_list"}) {
    const Answer whole = RunShell(program);
    const Answer piped = RunToNonBlockingPipe(program);
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    EXPECT_EQ(piped.exit_code, 0) << piped.err;
    EXPECT_GT(piped.out.size(), 65536U) << program;
    EXPECT_EQ(piped.out, whole.out) << program;
  }
}

TEST(Tool, RunsWithSigchldIgnored) {
  const Tool tool;
  const Answer answer =
      RunShell("trap '' CHLD; exec " PROCMARK_TOOL " --results " + tool.Results().string() +
               " run --cell native --filter '^WaitStatus' --name ignored");
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
}

TEST(Bench, SkipsWhereTasksRunOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become a user without processes";
  for (const std::string benchmark :
       {"thread/count:64/to:reaped", "thread/count:64/to:parent_return"}) {
    const Answer answer =
        RunShell("exec setpriv --reuid 65533 --regid 65533 --clear-groups prlimit --nproc=20 " +
                 BenchProgram() + " --procmark_slice=" + benchmark);
    EXPECT_EQ(answer.exit_code, 0) << benchmark << answer.out << answer.err;
    EXPECT_NE(answer.out.find("\"skip\""), std::string::npos) << benchmark << answer.out;
  }
}

// The sysctl belongs to a pid namespace, so the machine's own is not changed.
TEST(Tool, NamesMemfdNoexec) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can set vm.memfd_noexec of a new pid namespace";
  if (::access("/proc/sys/vm/memfd_noexec", F_OK) != 0) {
    GTEST_SKIP() << "this kernel has no vm.memfd_noexec";
  }
  const std::string in_namespace =
      "exec unshare -pf --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec && exec ";
  const Answer doctor = RunShell(in_namespace + PROCMARK_TOOL " doctor'");
  EXPECT_NE(doctor.out.find("vm.memfd_noexec is 2"), std::string::npos) << doctor.out << doctor.err;
  const Answer list = RunShell(in_namespace + PROCMARK_TOOL " list benchmarks'");
  if (list.exit_code == 0) GTEST_SKIP() << "this kernel lets the programs be executed all the same";
  EXPECT_EQ(list.exit_code, 3);
  EXPECT_NE(list.err.find("vm.memfd_noexec forbids"), std::string::npos) << list.err;
}

}  // namespace
}  // namespace procmark::e2e

// SPDX-License-Identifier: MIT
// Runs procmark-conformance on its canaries, which are broken on purpose, and checks that each gets
// its verdict and leaves nothing behind. PROCMARK_CONFORMANCE_PROGRAM is the path of the program.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "conformance/vocabulary/cgroup.h"
#include "conformance/vocabulary/trace.h"
#include "harness/sys/child.h"
#include "harness/wire/stream.h"

namespace procmark::conformance {
namespace {

using wire::FailCause;
using wire::TestVerdict;

constexpr int kWireFd = 3;

// Makes this process adopt the processes that the program leaves behind, so that it can count them.
void BecomeSubreaper() { ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }

// Waits until this process has no child of any kind. Returns false at the deadline.
bool AwaitNoChildren(const sys::Deadline& deadline) {
  while (::waitpid(-1, nullptr, WNOHANG | __WALL) >= 0) {
    if (deadline.Expired()) return false;
    ::poll(nullptr, 0, 1);
  }
  return errno == ECHILD;
}

// The number of cgroups and trace instances that belong to the runner with this pid.
size_t LeftBy(pid_t runner) {
  struct stat own {};
  if (::stat("/proc/self/ns/pid", &own) != 0) throw std::runtime_error("no /proc/self/ns/pid");
  const std::string names =
      "procmark." + std::to_string(own.st_ino) + "." + std::to_string(runner) + ".";
  size_t left = 0;
  for (const std::string& folder : {OwnCgroupFolder(), TracefsFolder() + "/instances"}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      if (entry.path().filename().string().starts_with(names)) ++left;
    }
  }
  return left;
}

// The number of them that a test can make here: 0 as an ordinary user.
size_t Makeable() {
  const std::string cgroups = OwnCgroupFolder();
  return (!cgroups.empty() && ::access(cgroups.c_str(), W_OK) == 0 ? 1U : 0U) +
         (TracefsFolder().empty() ? 0U : 1U);
}

struct Program {
  sys::Child child;
  sys::Fd wire;
};

Program Start(const std::vector<std::string>& flags) {
  const char* path = std::getenv("PROCMARK_CONFORMANCE_PROGRAM");
  if (path == nullptr) throw std::runtime_error("PROCMARK_CONFORMANCE_PROGRAM is not set");
  std::vector<std::string> argv = {path, "--procmark_wire_fd=" + std::to_string(kWireFd)};
  argv.insert(argv.end(), flags.begin(), flags.end());
  sys::Pipe pipe = std::move(sys::Pipe::Create()).Value();
  sys::Child::Options options;
  options.fds = {{kWireFd, pipe.write.Get()}};
  sys::Result<sys::Child> child = sys::Child::Spawn(argv, options);
  if (!child) throw std::runtime_error(child.Failure().Text());
  return {std::move(child).Value(), std::move(pipe.read)};
}

struct Ran {
  int status = -1;
  pid_t pid = 0;
  std::vector<wire::Test> tests;
  bool done = false;
  std::vector<std::string> garbage;
};

// Runs the program until no process has the other end of the wire open.
Ran RunProgram(const std::vector<std::string>& flags) {
  Ran ran;
  Program program = Start(flags);
  ran.pid = program.child.Id().Number();
  wire::EventReader reader(
      [&](const wire::Event& event) {
        if (const auto* test = std::get_if<wire::Test>(&event)) ran.tests.push_back(*test);
        if (std::holds_alternative<wire::Done>(event)) ran.done = true;
      },
      [&](const std::string& sentence) { ran.garbage.push_back(sentence); });
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::read(program.wire.Get(), buffer.data(), buffer.size())) > 0) {
    reader.Feed(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
  reader.End();
  const auto status = program.child.Wait(sys::Deadline::After(60'000));
  if (status && status.Value()) ran.status = *status.Value();
  return ran;
}

struct Expected {
  const char* canary;
  TestVerdict verdict;
  FailCause cause;
  const char* reason_part;
  int exit_status;
};

constexpr std::array kExpected = {
    Expected{"Broken.Passes", TestVerdict::kPass, FailCause::kNone, "", 0},
    Expected{"Broken.Fails", TestVerdict::kFail, FailCause::kAssertion,
             "expects the wrong status on purpose", 1},
    Expected{"Broken.Hangs", TestVerdict::kTimeout, FailCause::kNone,
             "tasks at the deadline:\n  pid ", 1},
    Expected{"Broken.HangsWithACgroupAndATrace", TestVerdict::kTimeout, FailCause::kNone,
             "tasks at the deadline:\n  pid ", 1},
    Expected{"Broken.Crashes", TestVerdict::kCrash, FailCause::kNone,
             "killed by signal 11 (SIGSEGV)", 1},
    Expected{"Broken.Exits", TestVerdict::kCrash, FailCause::kNone, "exit status 0", 1},
    Expected{"Broken.Leaks", TestVerdict::kFail, FailCause::kLeak, "children of the test:\n  pid ",
             1},
    Expected{"Broken.LeavesZombie", TestVerdict::kFail, FailCause::kLeak, "state Z", 1},
    Expected{"Broken.LeavesOrphan", TestVerdict::kFail, FailCause::kLeak,
             "living processes:\n  pid ", 1},
    Expected{"Broken.LeavesFile", TestVerdict::kFail, FailCause::kLeak, "/tmp/left-behind", 1},
    Expected{"Broken.ChildCheckFails", TestVerdict::kFail, FailCause::kAssertion, "observed: 6", 1},
    Expected{"Broken.ChildCheckMissing", TestVerdict::kFail, FailCause::kAssertion,
             "children made 0 checks", 1},
    Expected{"Broken.ChildRunsOn", TestVerdict::kFail, FailCause::kAssertion, "ran past the end",
             1},
    Expected{"Broken.Skips", TestVerdict::kSkip, FailCause::kNone, "this canary always skips", 0},
};

class Canary : public testing::TestWithParam<Expected> {};

TEST_P(Canary, GetsItsVerdictAndLeavesNothing) {
  BecomeSubreaper();
  const Expected& expected = GetParam();
  const Ran ran =
      RunProgram({"--procmark_deadline_ms=2000", std::string("--gtest_filter=") + expected.canary});
  EXPECT_TRUE(AwaitNoChildren(sys::Deadline::After(0))) << "it left a process running";
  EXPECT_EQ(LeftBy(ran.pid), 0U) << "it left a cgroup or a trace instance";
  EXPECT_EQ(ran.status, expected.exit_status << 8);
  EXPECT_TRUE(ran.done);
  EXPECT_TRUE(ran.garbage.empty());
  ASSERT_EQ(ran.tests.size(), 1U);
  EXPECT_EQ(ran.tests[0].test, expected.canary);
  EXPECT_EQ(ran.tests[0].verdict, expected.verdict) << ran.tests[0].reason;
  EXPECT_EQ(ran.tests[0].cause, expected.cause);
  EXPECT_NE(ran.tests[0].reason.find(expected.reason_part), std::string::npos)
      << ran.tests[0].reason;
}

INSTANTIATE_TEST_SUITE_P(All, Canary, testing::ValuesIn(kExpected), [](const auto& info) {
  std::string name = info.param.canary;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Canaries, ListIsWhole) {
  const Ran ran = RunProgram({"--procmark_deadline_ms=2000", "--gtest_filter=Broken.*"});
  EXPECT_EQ(ran.tests.size(), kExpected.size()) << "a canary is not checked above";
}

TEST(Canaries, RunOnlyWhenNamed) {
  const Ran ran = RunProgram({"--gtest_filter=*Passes"});
  EXPECT_EQ(ran.status, 2 << 8) << "no other test has this name, so none may match";
  EXPECT_TRUE(ran.tests.empty());
}

TEST(CommandLine, HelpIsFine) {
  const Ran ran = RunProgram({"--help"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.tests.empty());
}

TEST(CommandLine, AnUnknownOptionIsRefused) {
  EXPECT_EQ(RunProgram({"--procmark_gone=1"}).status, 2 << 8);
  EXPECT_EQ(RunProgram({"--procmark_jobs=0"}).status, 2 << 8);
  EXPECT_EQ(RunProgram({"--procmark_isolation=weak"}).status, 2 << 8);
}

// Starts the canary that hangs, kills the runner as soon as it reports that the test has begun,
// which is at a different point of the test's start each time, and waits until all processes are
// gone.
void KillRunnerAndCount(const std::string& isolation) {
  BecomeSubreaper();
  for (int round = 0; round < 20; ++round) {
    Program program = Start({"--gtest_filter=Broken.Hangs", "--procmark_isolation=" + isolation});
    std::string text;
    std::array<char, 4096> buffer;
    while (text.find("test_start") == std::string::npos) {
      const ssize_t got = ::read(program.wire.Get(), buffer.data(), buffer.size());
      ASSERT_GT(got, 0) << text;
      text.append(buffer.data(), static_cast<size_t>(got));
    }
    ASSERT_TRUE(program.child.Signal(SIGKILL).Ok());
    const auto status = program.child.Wait(sys::Deadline::After(10'000));
    ASSERT_TRUE(status && status.Value());
    EXPECT_EQ(*status.Value(), SIGKILL);
    ASSERT_TRUE(AwaitNoChildren(sys::Deadline::After(10'000))) << "round " << round;
  }
}

TEST(KilledRunner, LeavesNothingInUserNamespace) { KillRunnerAndCount("user"); }
TEST(KilledRunner, LeavesNothingWithoutNamespaces) { KillRunnerAndCount("none"); }
TEST(KilledRunner, LeavesNothingInNamespaces) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root for namespaces without a user namespace";
  KillRunnerAndCount("namespaces");
}

TEST(KilledRunner, TheNextOneRemovesItsCgroupsAndTraces) {
  const size_t makeable = Makeable();
  if (makeable == 0) GTEST_SKIP() << "neither a cgroup nor a trace instance can be made here";
  BecomeSubreaper();
  Program program = Start({"--gtest_filter=Broken.HangsWithACgroupAndATrace"});
  const pid_t runner = program.child.Id().Number();
  const sys::Deadline deadline = sys::Deadline::After(15'000);
  while (LeftBy(runner) < makeable) {
    ASSERT_FALSE(deadline.Expired()) << "the canary never made them";
    ::poll(nullptr, 0, 1);
  }
  ASSERT_TRUE(program.child.Signal(SIGKILL).Ok());
  const auto status = program.child.Wait(sys::Deadline::After(10'000));
  ASSERT_TRUE(status && status.Value());
  ASSERT_TRUE(AwaitNoChildren(sys::Deadline::After(10'000)));
  EXPECT_EQ(LeftBy(runner), makeable) << "nothing can have removed them yet";
  EXPECT_EQ(RunProgram({"--gtest_filter=Broken.Passes"}).status, 0);
  EXPECT_EQ(LeftBy(runner), 0U);
}

}  // namespace
}  // namespace procmark::conformance

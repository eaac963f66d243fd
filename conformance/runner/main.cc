// SPDX-License-Identifier: MIT
// procmark-conformance: the conformance tests. Reads the command line and starts the runner.
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "conformance/runner/isolation.h"
#include "conformance/runner/known_state.h"
#include "conformance/runner/runner.h"
#include "conformance/runner/surroundings.h"
#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/leftovers.h"
#include "conformance/vocabulary/machine_setting.h"
#include "conformance/vocabulary/promise.h"
#include "harness/sys/complaint.h"
#include "harness/sys/inherited.h"
#include "harness/sys/result.h"
#include "harness/sys/text.h"
#include "harness/wire/stream.h"

namespace procmark::conformance {
namespace {

constexpr long long kDefaultDeadlineMs = 20'000;

constexpr const char* kHelp =
    "usage: procmark-conformance [OPTION …]\n"
    "Runs the conformance tests. Without a filter it runs those with the tag core.\n"
    "\n"
    "  --gtest_filter=PATTERNS    run the tests with these names, e.g. 'Wait.*:Fork.*-Fork.Slow*'\n"
    "  --gtest_list_tests         print the names and run nothing\n"
    "  --gtest_repeat=N           run the tests N times, -1 for ever\n"
    "  --gtest_fail_fast          stop after the first round in which a test failed\n"
    "  --procmark_list            print each test with what it asserts, as JSON\n"
    "  --procmark_jobs=N          run N tests at a time (default: one per CPU)\n"
    "  --procmark_deadline_ms=N   end a test after N ms (default: 20000)\n"
    "  --procmark_isolation=KIND  namespaces, user or none (default: the strongest that works)\n"
    "  --procmark_uid=N           run the tests as this user (needs root)\n"
    "  --procmark_blame_kernel    also fail where the surroundings (a tracer, a seccomp filter, "
    "low\n"
    "                             limits) excuse a test: for kernels that are wrong on purpose\n"
    "  --procmark_wire_fd=FD      also write the results to this descriptor, as JSON lines\n"
    "\n"
    "Exit code: 0 no test failed, 1 a test failed, timed out or crashed, 2 wrong command line or\n"
    "no test matches, 3 this machine cannot run tests.\n";

struct CommandLine {
  bool list = false;
  bool blame_kernel = false;
  long long wire_fd = -1;
  long long jobs = 0;  // 0: one for each CPU
  long long deadline_ms = kDefaultDeadlineMs;
  std::string isolation;  // empty: the strongest that works
  long long uid = -1;     // the uid to run as; -1: the caller's
};

long long Number(const std::string& flag, const std::string& text, long long least) {
  return sys::RequireNumber(flag, text, least, 86'400'000);
}

CommandLine Parse(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (word == "--procmark_list") {
      line.list = true;
    } else if (word == "--procmark_blame_kernel") {
      line.blame_kernel = true;
    } else if (flag == "--procmark_wire_fd") {
      line.wire_fd = Number(flag, value, 0);
    } else if (flag == "--procmark_jobs") {
      line.jobs = Number(flag, value, 1);
    } else if (flag == "--procmark_deadline_ms") {
      line.deadline_ms = Number(flag, value, 100);
    } else if (flag == "--procmark_uid") {
      line.uid = Number(flag, value, 1);
    } else if (flag == "--procmark_isolation") {
      (void)IsolationByName(value);
      line.isolation = value;
    } else {
      sys::ThrowUsage("there is no option '" + word + "': --help lists them");
    }
  }
  return line;
}

// Becomes an ordinary user: without supplementary groups and capabilities, and dumpable, because
// setresuid(2) makes /proc/self belong to root.
void BecomeUser(long long uid) {
  const auto id = static_cast<uid_t>(uid);
  if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 ||
      ::setresuid(id, id, id) != 0 || ::prctl(PR_SET_DUMPABLE, 1) != 0) {
    sys::ThrowUsage("--procmark_uid needs root: " + sys::LastError("setresuid").Text());
  }
}

void RefuseUnsupported() {
  if (!GTEST_FLAG_GET(output).empty()) {
    sys::ThrowUsage("this program does not support --gtest_output: use --procmark_wire_fd=FD");
  }
  if (GTEST_FLAG_GET(shuffle)) {
    sys::ThrowUsage("this program does not support --gtest_shuffle: each test has its own process");
  }
}

bool AsksForHelp(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* word) {
    return std::strcmp(word, "--help") == 0 || std::strcmp(word, "-h") == 0;
  });
}

int Run(int argc, char** argv) {
  if (AsksForHelp(argc, argv)) {
    std::printf("%s", kHelp);
    return 0;
  }
  // A value that differs from GoogleTest's default was given, by the flag or by GTEST_FILTER.
  const std::string untouched = GTEST_FLAG_GET(filter);
  GTEST_FLAG_SET(filter, "");
  testing::InitGoogleTest(&argc, argv);
  const std::string filter = GTEST_FLAG_GET(filter);
  const bool filter_given = !filter.empty() || untouched != "*";
  GTEST_FLAG_SET(filter, filter_given && filter.empty() ? untouched
                         : filter.empty()               ? "*"
                                                        : filter);
  const CommandLine line = Parse(argc, argv);
  RefuseUnsupported();
  for (const std::string& fault : FaultsOfDeclarations()) sys::ThrowUsage(fault);
  if (line.list) {
    std::printf("%s\n", PromisesAsJson().c_str());
    return 0;
  }
  if (GTEST_FLAG_GET(list_tests)) return RUN_ALL_TESTS();
  if (const long long uid = line.uid >= 0 ? line.uid : UidOfGuest(); uid >= 0) BecomeUser(uid);
  const auto tests = ChooseTests(GTEST_FLAG_GET(filter), filter_given);
  if (tests.empty()) {
    sys::ThrowUsage("no test matches --gtest_filter=" + GTEST_FLAG_GET(filter) +
                    ": --gtest_list_tests shows their names");
  }
  RunnerOptions options;
  options.deadline_ms = line.deadline_ms;
  options.jobs = line.jobs > 0 ? static_cast<int>(line.jobs) : UsableCpus();
  const IsolationChoice isolation =
      line.isolation.empty() ? ChooseIsolation()
                             : IsolationChoice{IsolationByName(line.isolation), "as asked"};
  if (!line.blame_kernel) options.surroundings = ProbeSurroundings();
  SweepDeadRunners();
  wire::EventWriter wire(static_cast<int>(line.wire_fd), "conformance");
  bool all_held = true;
  const int rounds = GTEST_FLAG_GET(repeat);
  for (int round = 0; rounds < 0 || round < rounds; ++round) {
    const bool held = RunTests(tests, options, isolation, &wire);
    all_held = all_held && held;
    if (!held && GTEST_FLAG_GET(fail_fast)) break;
  }
  wire.Finish();
  return all_held ? 0 : 1;
}

}  // namespace
}  // namespace procmark::conformance

int main(int argc, char** argv) {
  using procmark::sys::Complaint;
  procmark::conformance::RunHelperIfAsked(argc, argv);
  try {
    procmark::conformance::SetKnownState();
    const int code = procmark::conformance::Run(argc, argv);
    if (const std::string why = procmark::sys::WhyOutputIsIncomplete(); !why.empty()) {
      procmark::sys::ThrowLost(why);
    }
    return code;
  } catch (const Complaint& complaint) {
    std::fprintf(stderr, "procmark-conformance: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  }
}

// SPDX-License-Identifier: MIT
#include "conformance/runner/body.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "conformance/runner/outcome.h"
#include "conformance/vocabulary/tasks.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::conformance {
namespace {

int64_t NowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Writes each result of GoogleTest as a record.
class Reporter : public testing::EmptyTestEventListener {
 public:
  explicit Reporter(int fd) : fd_(fd), test_process_(::getpid()) {}

  void Write(const ReportRecord& record) const {
    const std::string line = EncodeRecord(record);
    (void)sys::WriteAll(fd_, line.data(), line.size());
  }

  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.skipped()) {
      Write({ReportRecord::Kind::kSkip, part.message()});
      return;
    }
    if (!part.failed()) return;
    std::string where;
    if (part.file_name() != nullptr) {
      where = std::string(part.file_name()) + ":" + std::to_string(part.line_number()) + ": ";
    }
    if (::getpid() != test_process_) where += "(in a child: use ChildChecks in a child) ";
    Write({ReportRecord::Kind::kFailure, where + part.message()});
    if (!described_) Write({ReportRecord::Kind::kTasks, DescribeOwnTasks()});
    described_ = true;
  }

 private:
  int fd_;
  pid_t test_process_;
  bool described_ = false;
};

// The children that this process has, living ones and zombies.
std::string DescribeOwnChildren() {
  std::vector<pid_t> children;
  for (const pid_t pid : ListProcesses(0, 0)) {
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
    if (stat && stat.Value().ParentPid() == ::getpid()) children.push_back(pid);
  }
  return DescribeTasks(children);
}

bool HasChildren() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

}  // namespace

void RunTestBody(const std::string& test, int report_fd) {
  GTEST_FLAG_SET(filter, test);
  GTEST_FLAG_SET(repeat, 1);
  GTEST_FLAG_SET(shuffle, false);
  GTEST_FLAG_SET(output, "");
  GTEST_FLAG_SET(catch_exceptions, true);
  GTEST_FLAG_SET(break_on_failure, false);
  GTEST_FLAG_SET(throw_on_failure, false);
  for (const char* name : {"GTEST_TOTAL_SHARDS", "GTEST_SHARD_INDEX", "GTEST_SHARD_STATUS_FILE",
                           "TEST_PREMATURE_EXIT_FILE"}) {
    ::unsetenv(name);  // each test's process has all of one test
  }
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto* const reporter = new Reporter(report_fd);
  listeners.Append(reporter);  // owns it
  const pid_t test_process = ::getpid();
  const int64_t start_ns = NowNs();
  (void)RUN_ALL_TESTS();
  const int64_t duration_ns = NowNs() - start_ns;
  if (::getpid() != test_process) {
    reporter->Write({ReportRecord::Kind::kFailure,
                     "a forked child ran past the end of its body and became a second test"});
    ::_exit(1);
  }
  const testing::UnitTest& ran = *testing::UnitTest::GetInstance();
  if (ran.successful_test_count() + ran.failed_test_count() + ran.skipped_test_count() != 1) {
    reporter->Write({ReportRecord::Kind::kFailure, "GoogleTest did not run the test"});
  }
  if (HasChildren()) {
    reporter->Write({ReportRecord::Kind::kLeak, "children of the test:\n" + DescribeOwnChildren()});
  }
  std::fflush(nullptr);
  reporter->Write({ReportRecord::Kind::kEnd, "", duration_ns});
  ::_exit(0);
}

}  // namespace procmark::conformance

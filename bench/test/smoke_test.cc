// SPDX-License-Identifier: MIT
// Runs procmark-bench as the harness does: shapes, counts, clocks, and each benchmark of broken/.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "bench/test/run_bench.h"

namespace procmark {
namespace {

std::string RefusalOf(const std::string& name, std::vector<std::string> more = {}) {
  const wire::Event event = SliceOf(name, std::move(more));
  const auto* refused = std::get_if<wire::Refused>(&event);
  return refused == nullptr ? "" : refused->reason;
}

int64_t LeastSample(const wire::Event& event) {
  const auto& samples = std::get<wire::Slice>(event).samples;
  return *std::min_element(samples.begin(), samples.end());
}

TEST(Shape, AnyCompositionCanBeAskedFor) {
  const wire::Event event =
      SliceOf("vfork/vmas:7/rss:3M/to:reaped/fds:5", {"--procmark_samples=2"});
  const wire::Event plain = SliceOf("vfork/to:reaped", {"--procmark_samples=2"});
  const wire::Slice& slice = std::get<wire::Slice>(event);
  const wire::Slice& bare = std::get<wire::Slice>(plain);
  constexpr double kMoreKib = 3 * 1024;
  constexpr double kSlackKib = 64;
  EXPECT_NEAR(slice.footprint.at("rss_kib") - bare.footprint.at("rss_kib"), kMoreKib, kSlackKib);
  EXPECT_EQ(slice.footprint.at("vmas") - bare.footprint.at("vmas"), 7 + 1);
  EXPECT_EQ(slice.footprint.at("fds") - bare.footprint.at("fds"), 5);
}

TEST(Shape, CgroupsAreGoneAfterwards) {
  const auto cgroups = [] {
    std::set<std::string> seen;
    std::error_code none;
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      for (const auto& entry : std::filesystem::directory_iterator(root, none))
        seen.insert(entry.path());
    }
    return seen;
  };
  const std::set<std::string> before = cgroups();
  const wire::Event event = SliceOf("fork/cgroups:3/to:reaped", {"--procmark_samples=2"});
  if (const auto* skip = std::get_if<wire::Skip>(&event)) GTEST_SKIP() << skip->reason;
  ASSERT_TRUE(std::holds_alternative<wire::Slice>(event));
  for (const std::string& cgroup : cgroups()) {
    // Another procmark-bench on this machine may have cgroups too, but then it lives.
    if (before.contains(cgroup) || cgroup.find("/procmark-") == std::string::npos) continue;
    const std::string number = cgroup.substr(cgroup.rfind('-') + 1);
    EXPECT_TRUE(std::filesystem::exists("/proc/" + number)) << cgroup << " was left behind";
  }
}

TEST(Counts, MigrationsAreCountedOrSaidWhyNot) {
  const wire::Event event = SliceOf("fork/to:reaped", {"--procmark_samples=2"});
  const auto& slice = std::get<wire::Slice>(event);
  EXPECT_NE(slice.counts.contains("migrations"), slice.absent.contains("migrations"));
  EXPECT_NE(slice.counts.contains("counter_share"), slice.absent.contains("hardware_counters"));
  const wire::Event bare =
      SliceOf("fork/to:reaped", {"--procmark_samples=2", "--procmark_counted=0"});
  EXPECT_FALSE(std::get<wire::Slice>(bare).counts.contains("migrations"));
}

TEST(Cpus, OfBothTasksAreKeptWithEachSample) {
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "there is one CPU only";
  for (const std::string name :
       {"fork/cpu:same/to:child_start", "vfork/cpu:same/from:child_exit/to:reaped",
        "thread/cpu:same/to:child_start", "thread/cpu:same/from:child_exit/to:reaped",
        "thread/form:libc/cpu:same/to:child_start", "clone3/flags:files/cpu:same/to:child_start"}) {
    SCOPED_TRACE(name);
    const wire::Event event = SliceOf(name);
    const auto& slice = std::get<wire::Slice>(event);
    EXPECT_EQ(slice.to_cpus.size(), slice.samples.size());
    EXPECT_EQ(slice.from_cpus, std::vector<int64_t>(slice.samples.size(), slice.to_cpus[0]));
    EXPECT_EQ(slice.to_cpus, slice.from_cpus);
    EXPECT_EQ(slice.counts.at("elsewhere"), 0.0);
  }
  const wire::Event whole = SliceOf("fork/to:reaped");
  EXPECT_TRUE(std::get<wire::Slice>(whole).to_cpus.empty());
  const wire::Event event = SliceOf("fork/cpu:other/to:child_start", {"--procmark_samples=3"});
  if (const auto* skip = std::get_if<wire::Skip>(&event)) GTEST_SKIP() << skip->reason;
  const auto& slice = std::get<wire::Slice>(event);
  ASSERT_EQ(slice.from_cpus.size(), 3U);
  for (size_t i = 0; i < 3; ++i) EXPECT_NE(slice.from_cpus[i], slice.to_cpus[i]);
  EXPECT_EQ(slice.counts.at("elsewhere"), 1.0);
}

TEST(Counts, FairnessIsWhenTheFirstOfARoundIsThrough) {
  const wire::Event alone = SliceOf("fork/forking_processes:1/to:reaped");
  EXPECT_EQ(std::get<wire::Slice>(alone).counts.at("fairness"), 1.0);
  const wire::Event eight = SliceOf("fork/forking_processes:8/to:reaped");
  const double fairness = std::get<wire::Slice>(eight).counts.at("fairness");
  EXPECT_GT(fairness, 0.0);
  EXPECT_LT(fairness, 1.0);
  const wire::Event none = SliceOf("fork/to:reaped");
  EXPECT_FALSE(std::get<wire::Slice>(none).counts.contains("fairness"));
}

// Since Linux 5.8 the kernel splits an anonymous huge page instead of copying it (mm/huge_memory.c,
// do_huge_pmd_wp_page).
TEST(Counts, HugePagesThatAreSplitAreCounted) {
  const wire::Event event = SliceOf("fault/kind:cow_copy/size:thp");
  if (const auto* skip = std::get_if<wire::Skip>(&event)) GTEST_SKIP() << skip->reason;
  EXPECT_GE(std::get<wire::Slice>(event).counts.at("thp_splits"), 1.0);
}

TEST(Shape, MoreMemoryThanThereIsIsASkip) {
  const wire::Event event = SliceOf("fork/rss:900G/to:reaped");
  ASSERT_TRUE(std::holds_alternative<wire::Skip>(event));
  EXPECT_NE(std::get<wire::Skip>(event).reason.find("MiB"), std::string::npos);
}

TEST(Broken, AFailedSelfCheckIsRefused) {
  EXPECT_NE(RefusalOf("broken/refused").find("wait status is 256, not 21248"), std::string::npos);
}

TEST(Broken, ACrashIsRefused) {
  EXPECT_NE(RefusalOf("broken/crash").find("SIGSEGV"), std::string::npos);
}

TEST(Broken, ASkipGivesItsReason) {
  const wire::Event event = SliceOf("broken/skip");
  ASSERT_TRUE(std::holds_alternative<wire::Skip>(event));
  EXPECT_FALSE(std::get<wire::Skip>(event).reason.empty());
}

// This test is the subreaper, so a process that procmark-bench left behind would be its child.
TEST(Broken, AHangIsRefusedAtItsDeadlineAndLeavesNothing) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::string reason = RefusalOf("broken/hang", {"--procmark_deadline_ms=300"});
  EXPECT_NE(reason.find("300 ms"), std::string::npos) << reason;
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Broken, RunsUnderGoogleBenchmarkByItsExactNameOnly) {
  EXPECT_NE(RunBench({"--benchmark_filter=broken/refused"}).out.find("ERROR OCCURRED"),
            std::string::npos);
  EXPECT_EQ(RunBench({"--benchmark_filter=.", "--benchmark_list_tests"}).out.find("broken"),
            std::string::npos);
}

TEST(Slow, LengthensEverySpan) {
  for (const std::string name : {"fork/to:reaped", "fork/to:child_start",
                                 "fork/from:child_exit/to:reaped", "fault/kind:first_touch"}) {
    SCOPED_TRACE(name);
    // The slowdown makes a sample eleven times as long. Noise only adds to a sample, so compare the
    // smallest of several slices.
    constexpr int64_t kAtLeast = 5;
    constexpr int kMostSlices = 20;
    int64_t slow = LeastSample(SliceOf(name, {"--procmark_slow=1000"}));
    int64_t plain = LeastSample(SliceOf(name));
    for (int i = 1; i < kMostSlices && slow <= kAtLeast * plain; ++i) {
      slow = std::min(slow, LeastSample(SliceOf(name, {"--procmark_slow=1000"})));
      plain = std::min(plain, LeastSample(SliceOf(name)));
    }
    EXPECT_GT(slow, kAtLeast * plain);
  }
}

TEST(Clock, InstructionsAreAUnitOfTheirOwn) {
  const wire::Event event = SliceOf("canary/base", {"--procmark_clock=instructions"});
  EXPECT_EQ(std::get<wire::Slice>(event).unit, "instructions");
}

TEST(GoogleBenchmark, ItsJsonCarriesOurQuartile) {
  const sys::CommandOutput output =
      RunBench({"--benchmark_filter=canary/base", "--benchmark_format=json"});
  const nlohmann::json json = nlohmann::json::parse(output.out);
  ASSERT_EQ(json.at("benchmarks").size(), 1U);
  EXPECT_EQ(json.at("benchmarks")[0].at("iterations"), 30);
  EXPECT_GT(json.at("benchmarks")[0].at("q25_ns").get<double>(), 0.0);
}

TEST(Usage, ABadCommandLineExitsWithTwo) {
  const std::vector<std::vector<std::string>> bad = {
      {"--procmark_slice=fork/none"},
      {"--procmark_nonesuch"},
      {"--procmark_samples=0"},
      {"--procmark_samples=x"},
      {"--procmark_clock=sun"},
      {"--benchmark_filter=nonesuch"},
      {"--benchmark_filter=fork("},
      {"--benchmark_filter=-fork["},
      {"--benchmark_nonesuch"},
      {"--procmark_slice=fork/rss:0/to:reaped"},
      {"--procmark_slice=fork/page:thp/to:reaped"},
      {"--procmark_slice=fork/rss:1M/rss:1M"},
      {"--procmark_slice=fork/rss:1M/page:12K/to:reaped"},
      {"--procmark_describe=fork/cgroups:0/to:reaped"},
      {"--procmark_counted=-1"},
      {"--procmark_slice=canary/base", "--benchmark_filter=x"},
      {"--procmark_warmups=-1"}};
  for (const auto& arguments : bad) {
    const sys::CommandOutput output = RunBench(arguments);
    EXPECT_TRUE(WIFEXITED(output.status)) << arguments.back();
    EXPECT_EQ(WEXITSTATUS(output.status), 2) << arguments.back();
    EXPECT_FALSE(output.err.empty()) << arguments.back();
  }
}

}  // namespace
}  // namespace procmark

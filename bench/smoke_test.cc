// Runs procmark-bench as the harness does: every benchmark once, tiny, and each broken one to its
// end. Needs the program's path in PROCMARK_BENCH.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/sys/child.h"
#include "harness/wire/stream.h"

namespace procmark {
namespace {

constexpr long long kDeadlineMs = 60'000;

sys::CommandOutput RunBench(std::vector<std::string> arguments) {
  const char* path = std::getenv("PROCMARK_BENCH");
  if (path == nullptr) throw std::runtime_error("PROCMARK_BENCH does not name the program");
  arguments.insert(arguments.begin(), path);
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand(arguments, sys::Deadline::After(kDeadlineMs));
  if (!output) throw std::runtime_error("procmark-bench: " + output.Failure().Text());
  return output.Value();
}

// The one event between hello and done.
wire::Event SliceOf(const std::string& name, std::vector<std::string> more = {}) {
  more.push_back("--procmark_slice=" + name);
  const sys::CommandOutput output = RunBench(more);
  EXPECT_EQ(output.status, 0) << output.err;
  std::vector<wire::Event> events;
  wire::EventReader reader([&](const wire::Event& event) { events.push_back(event); },
                           [&](const std::string& garbage) { ADD_FAILURE() << garbage; });
  reader.Feed(output.out);
  reader.End();
  if (events.size() != 3) throw std::runtime_error(name + " did not send one event: " + output.err);
  EXPECT_TRUE(std::holds_alternative<wire::Hello>(events.front()));
  EXPECT_TRUE(std::holds_alternative<wire::Done>(events.back()));
  return events[1];
}

std::string RefusalOf(const std::string& name, std::vector<std::string> more = {}) {
  const wire::Event event = SliceOf(name, std::move(more));
  const auto* refused = std::get_if<wire::Refused>(&event);
  return refused == nullptr ? "" : refused->reason;
}

const nlohmann::json& Catalogue() {
  static const nlohmann::json list = nlohmann::json::parse(RunBench({"--procmark_list"}).out);
  return list;
}

bool Tagged(const nlohmann::json& entry, const std::string& tag) {
  const auto& tags = entry.at("tags");
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

int64_t LeastSample(const wire::Event& event) {
  const auto& samples = std::get<wire::Slice>(event).samples;
  return *std::min_element(samples.begin(), samples.end());
}

// Shapes so large that setting them up takes longer than this test may.
bool TooLargeForSmoke(const std::string& name) {
  return name.find("/rss:256M") != std::string::npos || name.find("/rss:1G") != std::string::npos;
}

// Every event of one run of all benchmarks that are not too large, two samples each.
std::vector<wire::Event> RunAllTiny() {
  const char* path = std::getenv("PROCMARK_BENCH");
  if (path == nullptr) throw std::runtime_error("PROCMARK_BENCH does not name the program");
  const sys::Result<sys::CommandOutput> output = sys::RunCommand(
      {"/bin/sh", "-c", "exec \"$0\" \"$@\" 3>&1 >/dev/null", path, "--procmark_wire_fd=3",
       "--procmark_samples=2", "--procmark_warmups=1", "--benchmark_filter=-/rss:(256M|1G)"},
      sys::Deadline::After(5 * kDeadlineMs));
  if (!output) throw std::runtime_error("procmark-bench: " + output.Failure().Text());
  EXPECT_EQ(output.Value().status, 0) << output.Value().err;
  std::vector<wire::Event> events;
  wire::EventReader reader([&](const wire::Event& event) { events.push_back(event); },
                           [&](const std::string& garbage) { ADD_FAILURE() << garbage; });
  reader.Feed(output.Value().out);
  reader.End();
  return events;
}

// Whether the subject has threads before it measures, by its shape or by the benchmark's own need.
bool HasThreads(const std::string& name) {
  for (const char* parameter : {"threads:", "creators:", "writers:"}) {
    if (name.find(parameter) != std::string::npos) return true;
  }
  return false;
}

void ExpectWhole(const wire::Slice& slice, const nlohmann::json& entry) {
  EXPECT_EQ(slice.samples.size(), 2U);
  EXPECT_EQ(slice.from, entry.at("from").get<std::string>());
  EXPECT_EQ(slice.to, entry.at("to").get<std::string>());
  EXPECT_EQ(slice.unit, "ns");
  if (!HasThreads(slice.benchmark)) {
    EXPECT_EQ(slice.footprint.at("threads"), 1.0);
  }
}

TEST(Bench, EveryBenchmarkGivesASliceOrSaysWhyNot) {
  std::map<std::string, std::string> seen;  // by name: "" or why there is no slice
  std::map<std::string, wire::Slice> slices;
  for (const wire::Event& event : RunAllTiny()) {
    if (const auto* slice = std::get_if<wire::Slice>(&event)) {
      EXPECT_TRUE(seen.emplace(slice->benchmark, "").second) << slice->benchmark;
      slices.emplace(slice->benchmark, *slice);
    } else if (const auto* skip = std::get_if<wire::Skip>(&event)) {
      EXPECT_FALSE(skip->reason.empty());
      EXPECT_TRUE(seen.emplace(skip->benchmark, skip->reason).second) << skip->benchmark;
      std::printf("skipped %s: %s\n", skip->benchmark.c_str(), skip->reason.c_str());
    } else if (const auto* refused = std::get_if<wire::Refused>(&event)) {
      ADD_FAILURE() << refused->benchmark << ": " << refused->reason;
      seen.emplace(refused->benchmark, refused->reason);
    }
  }
  for (const nlohmann::json& entry : Catalogue()) {
    const std::string name = entry.at("name");
    if (Tagged(entry, "broken")) continue;
    SCOPED_TRACE(name);
    if (TooLargeForSmoke(name)) {
      std::printf("not in this test: %s: too large a shape\n", name.c_str());
      continue;
    }
    EXPECT_TRUE(seen.contains(name));
    if (slices.contains(name)) ExpectWhole(slices.at(name), entry);
  }
  EXPECT_GT(slices.size(), 100U);
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

TEST(Shape, MoreMemoryThanThereIsIsASkip) {
  const wire::Event event = SliceOf("fork/rss:900G/to:reaped");
  ASSERT_TRUE(std::holds_alternative<wire::Skip>(event));
  EXPECT_NE(std::get<wire::Skip>(event).reason.find("MiB"), std::string::npos);
}

TEST(Bench, EveryEntryIsWhole) {
  std::set<std::string> names;
  for (const nlohmann::json& entry : Catalogue()) names.insert(entry.at("name"));
  for (const nlohmann::json& entry : Catalogue()) {
    SCOPED_TRACE(entry.at("name"));
    EXPECT_EQ(entry.at("sentence").get<std::string>().back(), '.');
    EXPECT_TRUE(entry.at("form") == "raw" || entry.at("form") == "libc");
    EXPECT_GE(entry.at("tags").size(), 1U);
    EXPECT_EQ(Tagged(entry, "limit"), entry.at("limit_of") != "");
    if (Tagged(entry, "limit")) {
      EXPECT_TRUE(names.contains(entry.at("limit_of")));
    }
  }
}

TEST(Bench, EveryWholeCreationHasALimit) {
  std::set<std::string> bounded;
  for (const nlohmann::json& entry : Catalogue()) bounded.insert(entry.at("limit_of"));
  for (const nlohmann::json& entry : Catalogue()) {
    if (!Tagged(entry, "core") || entry.at("from") != "call" || entry.at("to") != "reaped")
      continue;
    EXPECT_TRUE(bounded.contains(entry.at("name"))) << entry.at("name");
  }
}

TEST(Bench, ALimitWeighsWhatItsBenchmarkDoes) {
  for (const auto& [name, limit] :
       std::map<std::string, std::string>{{"fork/to:reaped", "limit/fork"},
                                          {"fork/form:libc/to:reaped", "limit/fork/form:libc"}}) {
    SCOPED_TRACE(name);
    const wire::Event ours = SliceOf(name);
    const wire::Event theirs = SliceOf(limit);
    const auto& a = std::get<wire::Slice>(ours).footprint;
    const auto& b = std::get<wire::Slice>(theirs).footprint;
    constexpr double kSlackKib = 32;
    EXPECT_NEAR(a.at("rss_kib"), b.at("rss_kib"), kSlackKib);
    EXPECT_EQ(a.at("vmas"), b.at("vmas"));
    EXPECT_EQ(a.at("fds"), b.at("fds"));
  }
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

// We are the subreaper: whatever procmark-bench left behind would now be our child.
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
    constexpr int64_t kAtLeast = 5;  // of the eleven times asked for: this machine may be noisy
    EXPECT_GT(LeastSample(SliceOf(name, {"--procmark_slow=1000"})),
              kAtLeast * LeastSample(SliceOf(name)));
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
      {"--benchmark_nonesuch"},
      {"--procmark_slice=fork/rss:0/to:reaped"},
      {"--procmark_slice=fork/page:thp/to:reaped"},
      {"--procmark_slice=fork/rss:1M/rss:1M"},
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

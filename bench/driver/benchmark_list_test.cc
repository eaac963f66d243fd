// SPDX-License-Identifier: MIT
// The list of benchmarks: complete entries, limits, sweeps, and composed names.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <variant>

#include "bench/test/run_bench.h"

namespace procmark {
namespace {

TEST(Describe, ComposesWhatNoListHas) {
  const sys::CommandOutput output =
      RunBench({"--procmark_describe=fork/rss:48M/cpu:same/to:reaped"});
  const nlohmann::json described = nlohmann::json::parse(output.out);
  ASSERT_EQ(described.size(), 1U);
  EXPECT_EQ(described[0].at("name"), "fork/rss:48M/cpu:same/to:reaped");
  EXPECT_NE(described[0].at("sentence").get<std::string>().find("48MiB"), std::string::npos);
}

// The user may choose the number of a benchmark's own parameter, listed or not.
TEST(OwnNumber, IsTakenFromTheName) {
  const auto faults = [](const std::string& name) {
    const wire::Event event = SliceOf(name, {"--procmark_samples=2", "--procmark_counted=0"});
    return std::get<wire::Slice>(event).counts.at("minor_faults");
  };
  const double page_bytes =
      std::get<wire::Slice>(SliceOf("yardstick/empty")).footprint.at("page_bytes");
  constexpr double kMore = 2 << 20;
  EXPECT_EQ(faults("exit/own:3M/from:child_exit/to:reaped") -
                faults("exit/own:1M/from:child_exit/to:reaped"),
            kMore / page_bytes);
  for (const auto& [name, operations] :
       std::map<std::string, int64_t>{{"thread/count:3/to:reaped", 3},
                                      {"thread/form:libc/count:5/to:reaped", 5},
                                      {"fork/forking_processes:3/to:reaped", 12},
                                      {"thread/creators:3/rss:1M/to:reaped", 12},
                                      {"fault/kind:first_touch/writers:3", 192},
                                      {"fault/kind:cow_copy/sharers:3", 192},
                                      {"exec/argv:17K/to:child_start", 1},
                                      {"thread/stack:3M/to:reaped", 1},
                                      {"reap/orphans:7/from:child_exit/to:reaped", 1}}) {
    const wire::Event event = SliceOf(name, {"--procmark_samples=2"});
    ASSERT_TRUE(std::holds_alternative<wire::Slice>(event)) << name;
    EXPECT_EQ(std::get<wire::Slice>(event).operations, operations) << name;
  }
  const auto described =
      nlohmann::json::parse(RunBench({"--procmark_describe=thread/stack:3M/to:reaped"}).out);
  EXPECT_NE(described[0].at("sentence").get<std::string>().find("stack:3M"), std::string::npos);
}

TEST(Bench, EveryEntryIsWhole) {
  std::set<std::string> names;
  for (const nlohmann::json& entry : BenchmarkList()) names.insert(entry.at("name"));
  for (const nlohmann::json& entry : BenchmarkList()) {
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

// Why a way to create, execute or reap has no limit, by a part of its name.
std::string WhyNoLimit(const std::string& name) {
  static const std::map<std::string, std::string> reasons = {
      {"/program:script/", "the limit of exec/program:static bounds its interpreter"},
      {"/flags:into_cgroup/", "clone3 with one flag, which needs a cgroup hierarchy first"},
      {"/set_tid/", "clone3 with one more argument, which needs a namespace first"},
      {"/rseq:registered/",
       "a thread's end, which the limit of thread/ bounds, after one more call"},
      {"reap/notify:epoll", "its wait is the one of notify:pidfd_poll"},
      {"reap/notify:pipe", "a read and the wait of notify:waitpid"},
      {"reap/notify:sig", "a signal and the wait of notify:waitpid"},
      {"reap/notify:nocldwait", "the wait of notify:waitpid"},
      {"reap/notify:io_uring", "liburing's calls and the wait of notify:pidfd_poll"}};
  for (const auto& [part, reason] : reasons) {
    if (name.find(part) != std::string::npos) return reason;
  }
  return "";
}

// Whether it is a way to create, execute or reap, without a size and a shape.
bool IsPrimitive(const nlohmann::json& entry) {
  static const std::set<std::string> families = {"fork",        "vfork", "clone",  "clone3",
                                                 "posix_spawn", "exec",  "thread", "reap"};
  static const std::regex size(":[0-9]");
  const std::string name = entry.at("name");
  if (!families.contains(entry.at("family")) || entry.at("to") != "reaped") return false;
  if (entry.at("from") != "call" && entry.at("family") != "reap") return false;
  for (const char* tag : {"sweep", "storm", "birth", "numa", "limit"}) {
    if (Tagged(entry, tag)) return false;
  }
  return !std::regex_search(name, size);
}

TEST(Bench, EveryPrimitiveHasALimit) {
  std::set<std::string> bounded;
  std::set<std::string> families;
  for (const nlohmann::json& entry : BenchmarkList()) bounded.insert(entry.at("limit_of"));
  for (const nlohmann::json& entry : BenchmarkList()) {
    const std::string name = entry.at("name");
    if (!IsPrimitive(entry)) continue;
    families.insert(entry.at("family"));
    EXPECT_NE(bounded.contains(name), !WhyNoLimit(name).empty()) << name;
  }
  EXPECT_EQ(families.size(), 8U);
}

// Whether a number in a name is no point of a sweep; with the reasons.
bool IsNoSweep(const std::string& name, const std::string& key) {
  static const std::map<std::string, std::string> reasons = {
      {"turns", "they check the clock"},
      {"own_thp", "a kind of page"},
      {"own_hugetlb", "a kind of page"},
      {"size", "a kind of page"},
      {"percent", "a share"},
      {"attributes", "three different ones"},
      {"pthreads", "one thread or none decides on the C library's locks"},
      {"keys", "a usual number of them"},
      {"thread_local", "a usual number of them"},
      {"cpu", "the number of a CPU"},
      {"page", "a kind of page"}};
  static const std::regex several(":[0-9]+[KMG]?/[a-z_]+:[0-9]+[KMG]?/[a-z_]+:[0-9]");
  return reasons.contains(key) || std::regex_search(name, several);
}

// A straight line fits any two points, so a sweep needs three.
TEST(Bench, EverySweepHasThreePoints) {
  static const std::regex number("([a-z_]+):[0-9]+[KMG]?");
  std::map<std::string, std::set<std::string>> places;  // "fork/rss:*/to:reaped" -> names
  std::set<std::string> names;
  for (const nlohmann::json& entry : BenchmarkList()) names.insert(entry.at("name"));
  for (const std::string& name : names) {
    for (std::sregex_iterator part(name.begin(), name.end(), number), end; part != end; ++part) {
      if (IsNoSweep(name, (*part)[1])) continue;
      const std::string before = name.substr(0, static_cast<size_t>(part->position()));
      const std::string after = name.substr(static_cast<size_t>(part->position() + part->length()));
      std::set<std::string>& place = places[before + (*part)[1].str() + ":*" + after];
      place.insert(name);
      std::string zero = before + after.substr(std::min<size_t>(1, after.size()));
      static const std::regex kind("(page|memory):[^/]+/");
      zero = std::regex_replace(zero, kind, "");
      if (zero.ends_with("/")) zero.pop_back();
      if (names.contains(zero)) place.insert(zero);
    }
  }
  // A name with two numbers is a point of two sweeps. One of them must have three points.
  std::set<std::string> fitted;
  size_t sweeps = 0;
  for (const auto& [sweep, points] : places) {
    if (points.size() < 3) continue;
    ++sweeps;
    fitted.insert(points.begin(), points.end());
  }
  EXPECT_GT(sweeps, 50U);
  for (const auto& [sweep, points] : places) {
    for (const std::string& name : points) EXPECT_TRUE(fitted.contains(name)) << name;
  }
}

TEST(Bench, ALimitHasTheFootprintOfItsBenchmark) {
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

}  // namespace
}  // namespace procmark

// SPDX-License-Identifier: MIT
// Compares what benchmarks report with what strace(1) sees: twenty more samples must be exactly as
// many more system calls and children as the benchmark tells.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "bench/test/run_bench.h"
#include "harness/sys/child.h"
#include "harness/sys/temp_dir.h"

namespace procmark {
namespace {

constexpr long long kDeadlineMs = 120'000;
constexpr int64_t kFew = 10;
constexpr int64_t kMany = 30;

// Reads the counts of calls by name from strace's table. A line of it:
// "100.00    0.137072          42      3251      1010 total".
std::map<std::string, int64_t> ParseCounts(std::istream& table) {
  std::map<std::string, int64_t> calls;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string share, seconds, each, count, name;
    if (!(words >> share >> seconds >> each >> count)) continue;
    for (std::string word; words >> word;) name = word;
    char* end = nullptr;
    const int64_t number = std::strtoll(count.c_str(), &end, 10);
    if (*end == '\0' && !name.empty()) calls[name] = number;
  }
  return calls;
}

// strace's own message that it cannot trace here; "" if it can.
std::string WhyNoStrace() {
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand({"strace", "-f", "-c", "-o", "/dev/null", "/bin/true"},
                      sys::Deadline::After(kBenchDeadlineMs));
  if (!output) return "strace is not installed: " + output.Failure().Text();
  return output.Value().status == 0 ? "" : "strace may not trace here: " + output.Value().err;
}

// One slice as strace saw it, and what the slice itself reports.
struct Traced {
  std::map<std::string, int64_t> calls;  // of procmark-bench and all its descendants
  double children = 0;                   // created and reaped in all recorded samples
};

Traced Trace(const std::string& benchmark, int64_t samples) {
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  if (!folder) throw std::runtime_error(folder.Failure().Text());
  const std::string file = (folder.Value().Path() / "counts").string();
  const sys::Result<sys::CommandOutput> output = sys::RunCommand(
      {"strace", "-f", "-c", "-o", file, BenchPath(), "--procmark_slice=" + benchmark,
       "--procmark_samples=" + std::to_string(samples), "--procmark_warmups=1",
       "--procmark_counted=0", "--procmark_deadline_ms=" + std::to_string(kDeadlineMs)},
      sys::Deadline::After(kDeadlineMs));
  if (!output) throw std::runtime_error("strace: " + output.Failure().Text());
  EXPECT_EQ(output.Value().status, 0) << output.Value().err;
  Traced traced;
  for (const wire::Event& event : EventsOf(output.Value().out)) {
    if (const auto* slice = std::get_if<wire::Slice>(&event))
      traced.children =
          slice->counts.at("children") * static_cast<double>(slice->operations * samples);
    if (const auto* refused = std::get_if<wire::Refused>(&event)) ADD_FAILURE() << refused->reason;
  }
  std::ifstream table(file);
  traced.calls = ParseCounts(table);
  return traced;
}

int64_t Created(const Traced& traced) {
  int64_t created = 0;
  for (const char* call : {"fork", "vfork", "clone", "clone3"}) {
    const auto found = traced.calls.find(call);
    if (found != traced.calls.end()) created += found->second;
  }
  return created;
}

struct Claim {
  const char* benchmark;
  std::map<std::string, int64_t> calls = {};  // in one sample
};

class Strace : public testing::TestWithParam<Claim> {};

// The slice must create as many children as it reports, and make the calls of its operation.
TEST_P(Strace, SeesWhatTheSliceSays) {
  static const std::string why_not = WhyNoStrace();
  if (!why_not.empty()) GTEST_SKIP() << why_not;
  const Traced few = Trace(GetParam().benchmark, kFew);
  Traced many = Trace(GetParam().benchmark, kMany);
  EXPECT_EQ(static_cast<double>(Created(many) - Created(few)), many.children - few.children);
  EXPECT_GT(many.calls.size(), 0U);
  for (const auto& [name, per_sample] : GetParam().calls) {
    const auto found = few.calls.find(name);
    const int64_t before = found == few.calls.end() ? 0 : found->second;
    EXPECT_EQ(many.calls[name] - before, per_sample * (kMany - kFew)) << name;
  }
}

// forking_threads is missing: the kernel restarts a fork if a sibling's SIGCHLD is pending
// (kernel/fork.c, copy_process), and strace counts both.
std::vector<Claim> Claims() {
  std::vector<Claim> claims = {
      {"clone/to:reaped"},
      {"clone/flags:vm/to:reaped"},
      {"clone3/flags:files/to:reaped"},
      {"fork/to:child_start"},
      {"fork/form:libc/to:reaped"},
      {"fork/forking_processes:2/to:reaped"},
      {"thread/creators:2/to:reaped"},
      {"thread/count:8/to:reaped"},
      {"thread/form:libc/count:8/to:reaped"},
      {"posix_spawn/form:libc/to:reaped", {{"execve", 1}}},
      {"exec/program:libc/after:vfork/to:reaped", {{"execve", 1}}},
      {"exec/program:script/after:fork/to:reaped", {{"execve", 1}}},
      {"exit/own_fds:64/from:child_exit/to:reaped", {{"eventfd2", 64}}},
      {"reap/by:wait4", {{"wait4", 1}}},
      {"reap/notify:pidfd_poll/from:child_exit/to:reaped", {{"pidfd_open", 1}, {"poll", 1}}},
      {"reap/orphans:16/from:child_exit/to:reaped", {{"wait4", 17}}},
      {"fault/kind:cow_copy", {{"wait4", 1}}},
      {"fault/kind:first_touch", {{"madvise", 1}}},
      {"limit/fork"},
      {"limit/reap/by:wait4", {{"wait4", 1}}},
      {"yardstick/getpid", {{"getpid", 65}}},
      {"thread/to:reaped", {{"wait4", 0}}},
      {"reap/by:waitid_pid", {{"waitid", 2}, {"wait4", 0}}}};
#if defined(__x86_64__)
  // These names are amd64's. Other architectures fork by clone(2).
  claims.insert(claims.end(), {{"fork/to:reaped", {{"fork", 1}, {"wait4", 1}, {"vfork", 0}}},
                               {"vfork/to:reaped", {{"vfork", 1}, {"wait4", 1}, {"fork", 0}}},
                               {"clone3/to:reaped", {{"clone3", 1}, {"wait4", 1}}},
                               {"exec/program:static/after:fork/to:child_start",
                                {{"execve", 1}, {"fork", 1}, {"wait4", 1}}},
                               {"posix_spawn/to:reaped", {{"execve", 1}, {"wait4", 1}}}});
#endif
  return claims;
}

INSTANTIATE_TEST_SUITE_P(Bench, Strace, testing::ValuesIn(Claims()), [](const auto& info) {
  std::string name = info.param.benchmark;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

TEST(StraceTable, IsReadWithAndWithoutErrors) {
  std::istringstream table(
      "% time     seconds  usecs/call     calls    errors syscall\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      " 62.70    0.085945         427       201           wait4\n"
      "  0.30    0.000418           0       800       800 setpgid\n"
      "100.00    0.137072          42      1001       800 total\n");
  const std::map<std::string, int64_t> calls = ParseCounts(table);
  EXPECT_EQ(calls.at("wait4"), 201);
  EXPECT_EQ(calls.at("setpgid"), 800);
  EXPECT_FALSE(calls.contains("syscall"));
}

}  // namespace
}  // namespace procmark

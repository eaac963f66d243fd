// SPDX-License-Identifier: MIT
// Runs every benchmark once, with few samples, and checks the reason of each skip.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <variant>
#include <vector>

#include "bench/test/run_bench.h"
#include "harness/sys/lab.h"
#include "harness/sys/proc_stat.h"

namespace procmark {
namespace {

constexpr const char* kLarge = "/rss:(256M|1G)";  // these are slow: one sample must do

std::vector<wire::Event> RunTiny(const std::string& filter, int samples, int warmups) {
  constexpr long long kManyMs = 4 * kBenchDeadlineMs;
  const sys::Result<sys::CommandOutput> output = sys::RunCommand(
      {"/bin/sh", "-c", "exec \"$0\" \"$@\" 3>&1 >/dev/null", BenchPath(), "--procmark_wire_fd=3",
       "--procmark_samples=" + std::to_string(samples),
       "--procmark_warmups=" + std::to_string(warmups), "--benchmark_filter=" + filter},
      sys::Deadline::After(kManyMs));
  if (!output) throw std::runtime_error("procmark-bench: " + output.Failure().Text());
  EXPECT_EQ(output.Value().status, 0) << output.Value().err;
  return EventsOf(output.Value().out);
}

// ---- skips

std::string TextOf(const std::string& path) {
  const sys::Result<std::string> text = sys::ReadSmallFile(path);
  return text ? text.Value() : "";
}

int64_t Meminfo(const std::string& label) {
  const std::string text = TextOf("/proc/meminfo");
  const size_t at = text.find(label);
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + label.size()));
}

bool LacksHugeSizes() {
  return TextOf("/sys/kernel/mm/transparent_hugepage/hugepages-16kB/enabled").find("[always]") ==
             std::string::npos ||
         TextOf("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled").find("[always]") ==
             std::string::npos;
}

bool FewDescriptors() {
  constexpr rlim_t kListed = 65'536;
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < kListed + 64;
}

bool NoCgroups() {
  return ::geteuid() != 0 || (::access("/sys/fs/cgroup/cgroup.procs", W_OK) != 0 &&
                              ::access("/sys/fs/cgroup/unified/cgroup.procs", W_OK) != 0);
}

// Whether a page that was only read is not the zero page: then a write to it takes no second fault.
bool NoZeroPage() {
  constexpr size_t kPages = 64;
  const size_t bytes = kPages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* area = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(area, bytes, MADV_NOHUGEPAGE);
  volatile char* page = static_cast<char*>(area);
  for (size_t i = 0; i < bytes; i += bytes / kPages) (void)page[i];
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  for (size_t i = 0; i < bytes; i += bytes / kPages) page[i] = 1;
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  ::munmap(area, bytes);
  return after.ru_minflt - before.ru_minflt < static_cast<long>(kPages);
}

bool OneCpu() { return ::sysconf(_SC_NPROCESSORS_ONLN) == 1; }

bool Always() { return true; }

// Every reason that a skip may have, and whether it is true of this machine.
const std::vector<std::pair<const char*, std::function<bool()>>>& Reasons() {
  static const std::vector<std::pair<const char*, std::function<bool()>>> reasons = {
      {"multi-size huge pages|huge pages of that size|huge page of that size", LacksHugeSizes},
      {"hugetlb p", [] { return Meminfo("HugePages_Free:") < 32; }},
      {"one memory node|no NUMA",
       [] { return !std::filesystem::exists("/sys/devices/system/node/node1"); }},
      {"RLIMIT_NOFILE", FewDescriptors},
      {"less memory is available|memory limit of a cgroup",
       [] { return Meminfo("MemAvailable:") < (int64_t{3} << 20); }},
      {"[Cc]group", NoCgroups},
      {"one CPU only", OneCpu},
      {"not the zero page", NoZeroPage},
      {"the lab module", [] { return !std::filesystem::exists("/dev/" PROCMARK_LAB_DEVICE); }},
      {"begin on another CPU", Always},  // the scheduler decides
      {"SCHED_DEADLINE|scheduling policy|pid namespace|userfaultfd|io_uring|errno 1\\)|filters",
       [] {
         return ::geteuid() != 0 ||
                TextOf("/proc/self/status").find("Seccomp:\t0") == std::string::npos ||
                std::filesystem::exists("/.dockerenv") || ::access("/proc/1/root", R_OK) == 0;
       }},
      {"transparent huge page", Always},  // memory may be fragmented
      {"vm.max_map_count", [] { return std::stoll(TextOf("/proc/sys/vm/max_map_count")) < 5'000; }},
      {"is not installed here", Always},  // this one and the next are of peers
      {"^the tool says: |did not end in", Always}};
  return reasons;
}

// Whether the reason names a version ("since Linux 6.7") and this kernel is older.
bool IsTooOld(const std::string& reason) {
  static const std::regex since("Linux ([0-9]+)\\.([0-9]+)");
  std::smatch wanted;
  if (!std::regex_search(reason, wanted, since)) return false;
  utsname system{};
  ::uname(&system);
  int major = 0;
  int minor = 0;
  return std::sscanf(system.release, "%d.%d", &major, &minor) == 2 &&
         std::pair(major, minor) < std::pair(std::stoi(wanted[1]), std::stoi(wanted[2]));
}

void ExpectAllowed(const wire::Skip& skip) {
  std::printf("skipped %s: %s\n", skip.benchmark.c_str(), skip.reason.c_str());
  if (IsTooOld(skip.reason)) return;
  for (const auto& [pattern, holds] : Reasons()) {
    if (!std::regex_search(skip.reason, std::regex(pattern))) continue;
    EXPECT_TRUE(holds()) << "this machine has what this skip says it lacks: " << skip.benchmark
                         << ": " << skip.reason;
    return;
  }
  ADD_FAILURE() << "no skip may have this reason: " << skip.benchmark << ": " << skip.reason;
}

// ---- slices

// Whether the subject has threads before it measures, from its shape or for the benchmark itself.
bool HasThreads(const std::string& name) {
  for (const char* parameter : {"threads:", "creators:", "writers:", "userfaultfd_wp"}) {
    if (name.find(parameter) != std::string::npos) return true;
  }
  return false;
}

void ExpectWhole(const wire::Slice& slice, const nlohmann::json& entry, size_t samples) {
  EXPECT_EQ(slice.samples.size(), samples);
  EXPECT_EQ(slice.from, entry.at("from").get<std::string>());
  EXPECT_EQ(slice.to, entry.at("to").get<std::string>());
  EXPECT_EQ(slice.unit, "ns");
  for (const char* count : {"minor_faults", "voluntary_switches"}) {
    if (entry.at("family") == "peers") continue;
    EXPECT_NE(slice.counts.contains(count), slice.absent.contains(count)) << count;
  }
  EXPECT_NE(slice.counts.contains("migrations"), slice.absent.contains("migrations"));
  if (entry.at("family") == "peers") return;  // it has no footprint
  if (!HasThreads(slice.benchmark)) {
    EXPECT_EQ(slice.footprint.at("threads"), 1.0);
  }
}

TEST(Bench, EveryBenchmarkGivesASliceOrSaysWhyNot) {
  std::map<std::string, wire::Event> seen;
  const auto note = [&](const std::vector<wire::Event>& events) {
    for (const wire::Event& event : events) {
      const auto* slice = std::get_if<wire::Slice>(&event);
      const auto* skip = std::get_if<wire::Skip>(&event);
      const auto* refused = std::get_if<wire::Refused>(&event);
      if (slice == nullptr && skip == nullptr && refused == nullptr) continue;
      const std::string name = slice != nullptr  ? slice->benchmark
                               : skip != nullptr ? skip->benchmark
                                                 : refused->benchmark;
      EXPECT_TRUE(seen.emplace(name, event).second) << name;
    }
  };
  note(RunTiny(std::string("-") + kLarge, 2, 1));
  note(RunTiny(kLarge, 1, 0));
  size_t slices = 0;
  for (const nlohmann::json& entry : BenchmarkList()) {
    const std::string name = entry.at("name");
    if (Tagged(entry, "broken")) continue;
    SCOPED_TRACE(name);
    ASSERT_TRUE(seen.contains(name));
    const wire::Event& event = seen.at(name);
    if (const auto* slice = std::get_if<wire::Slice>(&event)) {
      const bool large = std::regex_search(name, std::regex(kLarge));
      ExpectWhole(*slice, entry, large ? 1 : 2);
      ++slices;
    } else if (const auto* skip = std::get_if<wire::Skip>(&event)) {
      ExpectAllowed(*skip);
    } else {
      ADD_FAILURE() << std::get<wire::Refused>(event).reason;
    }
  }
  EXPECT_GT(slices, 300U);
}

}  // namespace
}  // namespace procmark

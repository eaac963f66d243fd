// SPDX-License-Identifier: MIT
// Counting with perf_event_open(2): with a fake kernel, and once with the kernel's own software
// events.
#include "bench/subject/counters.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "bench/driver/counts.h"

namespace procmark::subject {
namespace {

// Gives the answers that a test sets, and keeps the requests.
struct FakeKernel {
  struct Event {
    perf_event_attr attributes;
    bool running = false;
  };
  static inline std::array<long, kCounters> open_answers{};  // 0: works
  static inline std::array<std::array<uint64_t, 3>, kCounters> values{};
  static inline long read_answer = 0;  // 0: works
  static inline std::vector<Event> events;
  static inline int closed = 0;

  static void Reset() {
    open_answers.fill(0);
    values.fill({0, 0, 0});
    read_answer = 0;
    events.clear();
    closed = 0;
  }
  static long Open(const perf_event_attr& attributes) {
    events.push_back({attributes});
    const long answer = open_answers[events.size() - 1];
    return answer != 0 ? answer : static_cast<long>(events.size() - 1);
  }
  static long Control(long fd, unsigned long request) {
    events[static_cast<size_t>(fd)].running = request == PERF_EVENT_IOC_ENABLE;
    return 0;
  }
  static long Read(long fd, void* to, unsigned long size) {
    if (read_answer != 0) return read_answer;
    EXPECT_EQ(size, sizeof values[0]);
    std::memcpy(to, values[static_cast<size_t>(fd)].data(), size);
    return static_cast<long>(size);
  }
  static void Close(long) { ++closed; }
};

class Counters : public testing::Test {
 protected:
  Counters() {
    FakeKernel::Reset();
    report_.recorded = 10;
    report_.operations = 2;
    report_.counted = 5;
    report_.totals.own_migrations = -1;
  }

  bench::Counts Count() {
    CounterSet<FakeKernel> set;
    set.Start();
    set.Stop();
    set.Read(report_.counters);
    return bench::CountsOf(report_);
  }

  Report report_{};
};

TEST_F(Counters, AreOpenedStoppedInheritedAndClosed) {
  {
    CounterSet<FakeKernel> set;
    ASSERT_EQ(FakeKernel::events.size(), kCounters);
    for (const auto& event : FakeKernel::events) {
      EXPECT_EQ(event.attributes.disabled, 1U);
      EXPECT_EQ(event.attributes.inherit, 1U);
      EXPECT_EQ(event.attributes.size, sizeof(perf_event_attr));
      EXPECT_FALSE(event.running);
    }
    set.Start();
    EXPECT_TRUE(FakeKernel::events[3].running);
    set.Stop();
    EXPECT_FALSE(FakeKernel::events[3].running);
    EXPECT_EQ(FakeKernel::closed, 0);
  }
  EXPECT_EQ(FakeKernel::closed, static_cast<int>(kCounters));
}

TEST_F(Counters, UserAndKernelAreApart) {
  Count();
  EXPECT_EQ(FakeKernel::events[1].attributes.exclude_kernel, 1U);
  EXPECT_EQ(FakeKernel::events[1].attributes.exclude_user, 0U);
  EXPECT_EQ(FakeKernel::events[2].attributes.exclude_kernel, 0U);
  EXPECT_EQ(FakeKernel::events[2].attributes.exclude_user, 1U);
}

TEST_F(Counters, ArePerOperation) {
  for (auto& value : FakeKernel::values) value = {70, 1000, 1000};
  const bench::Counts counts = Count();
  EXPECT_TRUE(counts.absent.empty());
  for (uint32_t i = 0; i < kCounters; ++i)
    EXPECT_DOUBLE_EQ(counts.counts.at(kCounterKinds[i].name), 7);  // 5 samples of 2 operations
  EXPECT_DOUBLE_EQ(counts.counts.at("counter_share"), 1);
}

TEST_F(Counters, ThatSharedTheCpuAreScaledAndSaySo) {
  for (auto& value : FakeKernel::values) value = {70, 1000, 1000};
  FakeKernel::values[4] = {70, 1000, 250};
  const bench::Counts counts = Count();
  EXPECT_DOUBLE_EQ(counts.counts.at("instructions_kernel"), 28);
  EXPECT_DOUBLE_EQ(counts.counts.at("instructions_user"), 7);
  EXPECT_DOUBLE_EQ(counts.counts.at("counter_share"), 0.25);
}

TEST_F(Counters, AMachineWithoutAPmuSaysItOnce) {
  for (uint32_t i = 1; i < kCounters; ++i) FakeKernel::open_answers[i] = -ENOENT;
  const bench::Counts counts = Count();
  ASSERT_EQ(counts.absent.size(), 1U);
  EXPECT_NE(counts.absent.at("hardware_counters").find("no PMU"), std::string::npos);
  EXPECT_FALSE(counts.counts.contains("counter_share"));
  EXPECT_TRUE(counts.counts.contains("migrations"));
  EXPECT_EQ(FakeKernel::closed, 1);
}

TEST_F(Counters, EachReasonOfItsOwnIsSaid) {
  FakeKernel::open_answers = {-EACCES, 0, -EOPNOTSUPP, 0, -EACCES, -ENOENT, -E2BIG};
  FakeKernel::values[3] = {9, 100, 0};
  report_.totals.own_migrations = 20;
  const bench::Counts counts = Count();
  EXPECT_NE(counts.absent.at("migrations").find("perf_event_paranoid"), std::string::npos);
  EXPECT_DOUBLE_EQ(counts.counts.at("migrations_of_caller"), 1);
  EXPECT_NE(counts.absent.at("cycles_kernel").find("separately"), std::string::npos);
  EXPECT_NE(counts.absent.at("instructions_user").find("all the time"), std::string::npos);
  EXPECT_NE(counts.absent.at("dtlb_misses").find(std::to_string(E2BIG)), std::string::npos);
  EXPECT_TRUE(counts.counts.contains("cycles_user"));
}

TEST_F(Counters, AReadThatFailsIsAReason) {
  FakeKernel::read_answer = -EIO;
  EXPECT_FALSE(Count().absent.empty());
  FakeKernel::read_answer = 8;
  FakeKernel::events.clear();
  EXPECT_FALSE(Count().absent.empty());
}

TEST_F(Counters, WithoutACountedPassNothingIsSaid) {
  report_.counted = 0;
  const bench::Counts counts = bench::CountsOf(report_);
  EXPECT_TRUE(counts.absent.empty());
  EXPECT_FALSE(counts.counts.contains("migrations"));
}

// Every machine can count page faults, so the test counts them with all counters.
constexpr CounterKind kPageFaults = {"", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, true, true};
constexpr CounterKind kOnlyPageFaults[kCounters] = {
    kPageFaults, kPageFaults, kPageFaults, kPageFaults, kPageFaults, kPageFaults, kPageFaults};

TEST(CountersOfTheKernel, CountTheCallerAndItsChildren) {
  constexpr size_t kPages = 100;
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  CounterSet<> set(kOnlyPageFaults);
  CounterReading readings[kCounters];
  set.Read(readings);
  if (readings[0].error != 0)
    GTEST_SKIP() << "perf_event_open: " << std::strerror(readings[0].error);
  char* const area = static_cast<char*>(
      mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(area, MAP_FAILED);
  madvise(area, kPages * page, MADV_NOHUGEPAGE);
  const auto touch = [&] {
    for (size_t i = 0; i < kPages; ++i) static_cast<volatile char*>(area)[i * page] = 1;
  };
  set.Start();
  touch();
  const pid_t pid = fork();
  if (pid == 0) {
    touch();  // each page is copied
    _exit(0);
  }
  ASSERT_GT(pid, 0);
  ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  set.Stop();
  set.Read(readings);
  munmap(area, kPages * page);
  for (const CounterReading& reading : readings) {
    EXPECT_GE(reading.value, int64_t{2 * kPages});
    EXPECT_LT(reading.value, int64_t{3 * kPages});
    EXPECT_GT(reading.enabled_ns, 0);
  }
}

}  // namespace
}  // namespace procmark::subject

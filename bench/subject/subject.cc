// The subject's life: list its benchmarks, or measure one of them and report.
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <stddef.h>

#include "bench/subject/context.h"
#include "bench/subject/counters.h"
#include "bench/subject/footprint.h"
#include "bench/subject/proc_file.h"
#include "bench/subject/shape.h"
#include "bench/subject/start.h"
#include "bench/subject/text.h"

extern "C" {
// The bounds of the list, made by the linker from the section's name.
extern const procmark::subject::Benchmark __start_procmark_list[];
extern const procmark::subject::Benchmark __stop_procmark_list[];
}

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

[[noreturn]] void ExitGroup(int status) {
  while (true) RawSyscall(__NR_exit_group, status);
}

const Benchmark* Find(const char* name) {
  for (const Benchmark* each = __start_procmark_list; each != __stop_procmark_list; ++each) {
    if (SameText(each->name, name)) return each;
  }
  return nullptr;
}

void WriteList(Pages& pages) {
  Text text(pages.list, kListBytes);
  for (const Benchmark* each = __start_procmark_list; each != __stop_procmark_list; ++each) {
    text.Add(each->name).Add("\t").Add(each->sentence).Add("\t").Add(each->family).Add("\t");
    text.Add(EdgeName(each->from)).Add("\t").Add(EdgeName(each->to)).Add("\t");
    text.Add(each->form).Add("\t").Add(each->tags).Add("\t").Add(each->limit_of).Add("\t");
    text.Add(each->parameter).Add("\t").Add(static_cast<int64_t>(each->uncounted)).Add("\n");
  }
  pages.report.list_bytes = text.Size();
}

// Adds `sign` times what subject and reaped children have used so far.
void AddUsage(Totals& totals, int64_t sign) {
  const int both[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
  for (const int who : both) {
    struct rusage usage {};
    RawSyscall(__NR_getrusage, who, RawArg(&usage));
    totals.minor_faults += sign * usage.ru_minflt;
    totals.major_faults += sign * usage.ru_majflt;
    totals.voluntary_switches += sign * usage.ru_nvcsw;
    totals.involuntary_switches += sign * usage.ru_nivcsw;
  }
}

// How often the scheduler has moved the subject itself; -1 where the kernel does not say.
int64_t OwnMigrations(Pages& pages) {
  return NumberAfter("/proc/self/sched", "se.nr_migrations", pages.list, kScratchBytes);
}

// How many transparent huge mappings this machine has split into small pages so far; -1 where the
// benchmark does not ask or the kernel does not say.
int64_t HugeSplits(const Context& context) {
  if (!context.splits_counted) return -1;
  return NumberAfter("/proc/vmstat", "thp_split_pmd", context.pages->list, kScratchBytes);
}

// The same operations once more, with the counters on. Their samples are thrown away: counters that
// are inherited make them longer.
void CountOnce(Context& context, const Benchmark& benchmark) {
  Pages& pages = *context.pages;
  const uint32_t room = kMostSamples - pages.config.samples;
  const uint32_t counted = pages.config.counted < room ? pages.config.counted : room;
  if (counted == 0) return;
  CounterSet<> counters;
  counters.Start();
  benchmark.measure(context, pages.samples + pages.config.samples, counted);
  counters.Stop();
  counters.Read(pages.report.counters);
  pages.report.counted = counted;
}

void CheckTotals(const Context& context, const Totals& totals, int64_t samples) {
  // A handful beyond the range is the machine's (a migrated page, a wakened kswapd), not ours.
  constexpr int64_t kSlack = 16;
  const Expected& expected = context.expected;
  const int64_t operations = samples * expected.operations;
  if (totals.children != samples * expected.children)
    context.Refuse("the number of children reaped is not the number asked for", totals.children);
  if (totals.major_faults > expected.major_faults * operations)
    context.Refuse("this machine paged while it was measured: major faults in all",
                   totals.major_faults);
  if (totals.minor_faults < expected.faults.least * operations)
    context.Refuse("fewer minor faults than the operation must take: in all", totals.minor_faults);
  if (totals.minor_faults > expected.faults.most * operations + kSlack)
    context.Refuse("more minor faults than the operation can take: in all", totals.minor_faults);
}

void Measure(Context& context) {
  Pages& pages = *context.pages;
  const Config& config = pages.config;
  const Benchmark* benchmark = Find(config.benchmark);
  if (benchmark == nullptr) context.Refuse("this program has no such benchmark", 0);
  if (config.samples < 1 || config.samples > kMostSamples)
    context.Refuse("the number of samples is out of range", config.samples);
  context.amount = config.amount;
  context.expected = {benchmark->operations, benchmark->children, benchmark->faults};
  TakeShape(context, config.shape);
  if (benchmark->prepare != nullptr) benchmark->prepare(context);
  pages.report.footprint = ReadFootprint(pages.list, kScratchBytes);
  for (int64_t left = config.warmups; left > 0; left -= kMostSamples)
    benchmark->measure(context, pages.samples, left < kMostSamples ? left : kMostSamples);
  Totals totals{};
  totals.clock_by_system =
      context.clock == Clock::kNanoseconds && context.gettime == ClockBySyscall ? 1 : 0;
  totals.children = -context.children;
  const int64_t migrations = OwnMigrations(pages);
  const int64_t splits = HugeSplits(context);
  context.placed = 0;
  context.first_through = context.last_through = 0;
  AddUsage(totals, -1);
  benchmark->measure(context, pages.samples, config.samples);
  AddUsage(totals, 1);
  totals.children += context.children;
  totals.own_migrations = migrations < 0 ? -1 : OwnMigrations(pages) - migrations;
  totals.huge_splits = splits < 0 ? -1 : HugeSplits(context) - splits;
  totals.first_through = context.first_through;
  totals.last_through = context.last_through;
  pages.report.placed = context.placed;
  for (uint32_t i = 0; i < config.samples; ++i) {
    if (pages.samples[i] < 0) context.Refuse("the clock went backwards by", -pages.samples[i]);
  }
  CheckTotals(context, totals, config.samples);
  pages.report.totals = totals;
  pages.report.operations = context.expected.operations;
  pages.report.recorded = config.samples;
  CountOnce(context, *benchmark);
}

// Every page up to the list is read and written once, so that no sample pays for a page fault.
void Touch(Pages& pages) {
  volatile char* bytes = reinterpret_cast<volatile char*>(&pages);
  for (unsigned long at = 0; at < offsetof(Pages, list); at += 4096) bytes[at] = bytes[at];
}

}  // namespace

int64_t Context::Spin(int64_t start, int64_t end) const {
  // In units of 2^-20, because a 32-bit machine without a C library cannot divide 64 bits.
  constexpr unsigned kShift = 20;
  const uint64_t part = uint32_t{(1U << kShift) / 100} * slow_percent;
  const uint64_t length = static_cast<uint64_t>(end - start);
  const int64_t until = end + static_cast<int64_t>((length * part) >> kShift);
  while (end < until) end = Now();
  return end;
}

void Context::Skip(const char* reason, int64_t error_number) const {
  Text text(pages->report.reason, kReasonBytes);
  text.Add(reason);
  if (error_number != 0) text.Add(" (errno ").Add(error_number).Add(")");
  pages->report.outcome = Outcome::kSkip;
  ExitGroup(0);
}

void Context::SkipAt(const char* reason, int64_t number) const {
  Text(pages->report.reason, kReasonBytes).Add(reason).Add(" ").Add(number);
  pages->report.outcome = Outcome::kSkip;
  ExitGroup(0);
}

void Context::Refuse(const char* reason, int64_t seen) const {
  Text(pages->report.reason, kReasonBytes).Add(reason).Add(" ").Add(seen);
  pages->report.outcome = Outcome::kRefused;
  ExitGroup(0);
}

void Context::RefuseChild(long pid, long reaped, int agreed) const {
  // A child that refused or skipped has said why, and that is the better reason.
  if (pages->report.outcome != Outcome::kUnfinished) ExitGroup(0);
  if (pid < 0) Refuse("no child could be created: errno", -pid);
  if (reaped < 0) Refuse("the child could not be reaped: errno", -reaped);
  if (reaped != pid) Refuse("another child than the one created was reaped: pid", reaped);
  Text(pages->report.reason, kReasonBytes)
      .Add("the child's raw wait status is ")
      .Add(status)
      .Add(", not ")
      .Add(agreed);
  pages->report.outcome = Outcome::kRefused;
  ExitGroup(0);
}

int RunProgram(int argc, char** argv, const unsigned long* auxv) {
  if (argc != 2) return 2;
  int fd = 0;
  for (const char* digit = argv[1]; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  const long mapped = sys::RawMmap(nullptr, sizeof(Pages), PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  if (sys::RawFailed(mapped)) return 2;
  RawSyscall(__NR_close, fd);
  Context context{};
  context.pages = reinterpret_cast<Pages*>(mapped);
  if (context.pages->config.version != kPagesVersion) return 2;
  Touch(*context.pages);
  context.gettime = FindVdsoClock(auxv);
  if (context.gettime == nullptr) context.gettime = ClockBySyscall;
  context.clock = context.pages->config.clock;
  context.slow_percent = context.pages->config.slow_percent;
  for (; auxv[0] != AT_NULL; auxv += 2) {
    if (auxv[0] == AT_PAGESZ) context.page_bytes = auxv[1];
  }
  if (context.pages->config.order == Order::kList) {
    WriteList(*context.pages);
  } else {
    Measure(context);
  }
  context.pages->report.outcome = Outcome::kDone;
  return 0;
}

}  // namespace procmark::subject

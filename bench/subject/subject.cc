// SPDX-License-Identifier: MIT
// A subject: lists its benchmarks, or measures one of them and reports.
#include <linux/auxvec.h>
#include <linux/resource.h>

#include "bench/subject/attach.h"
#include "bench/subject/benchmark.h"
#include "bench/subject/counters.h"
#include "bench/subject/footprint.h"
#include "bench/subject/list.h"
#include "bench/subject/proc_file.h"
#include "bench/subject/shape.h"
#include "bench/subject/start.h"

extern "C" {
// The bounds of the list. The linker makes them from the section's name.
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

// The names of the tags, with a comma between two.
void AddTags(Text& text, Tag tags) {
  const char* separator = "";
  for (const TagName& each : kTagNames) {
    if ((static_cast<uint32_t>(tags) & static_cast<uint32_t>(each.tag)) == 0) continue;
    text.Add(separator).Add(each.name);
    separator = ",";
  }
}

void WriteList(Pages& pages) {
  Text text(pages.list, kListBytes);
  for (const Benchmark* each = __start_procmark_list; each != __stop_procmark_list; ++each) {
    char tags[64];
    Text tag_names(tags, sizeof tags);
    AddTags(tag_names, each->tags);
    char uncounted[8];
    Text(uncounted, sizeof uncounted).Add(static_cast<int64_t>(each->uncounted));
    ListLine line;
    line.fields[kListName] = each->name;
    line.fields[kListFamily] = each->family;
    line.fields[kListMeasures] = each->measures;
    line.fields[kListNotTimed] = each->not_timed;
    line.fields[kListFrom] = EdgeName(each->from);
    line.fields[kListTo] = EdgeName(each->to);
    line.fields[kListForm] = kForm;
    line.fields[kListTags] = tags;
    line.fields[kListParameter] = each->parameter;
    line.fields[kListUncounted] = uncounted;
    AddLine(text, line);
  }
  pages.report.list_bytes = text.Size();
}

// Adds `sign` times what the subject and its reaped children have used so far.
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

// How often the scheduler has moved the subject itself; -1: unknown.
int64_t OwnMigrations(Pages& pages) {
  return NumberAfter("/proc/self/sched", "se.nr_migrations", pages.list, kScratchBytes);
}

// How many transparent huge mappings this machine has split into small pages so far; -1: not asked
// for, or unknown.
int64_t HugeSplits(const Context& context) {
  if (!context.splits_counted) return -1;
  return NumberAfter("/proc/vmstat", "thp_split_pmd", context.pages->list, kScratchBytes);
}

// Repeats the operations with the counters on. Their samples are discarded, because inherited
// counters make them longer.
void CountOnce(Context& context, const Benchmark& benchmark) {
  Pages& pages = *context.pages;
  const uint32_t room = kMostSamples - pages.config.samples;
  const uint32_t counted = pages.config.counted < room ? pages.config.counted : room;
  if (counted == 0) return;
  CounterSet<> counters;
  counters.Start();
  benchmark.run.measure(context, pages.samples + pages.config.samples, counted);
  counters.Stop();
  counters.Read(pages.report.counters);
  pages.report.counted = counted;
}

void CheckTotals(const Context& context, const Totals& totals, int64_t samples) {
  // The machine itself may cause a few more (a migrated page, a woken kswapd).
  constexpr int64_t kSlack = 16;
  const Expected& expected = context.expected;
  const int64_t operations = samples * expected.operations;
  if (totals.children != samples * expected.children)
    context.Refuse("the number of children reaped is not the number asked for", totals.children);
  if (totals.major_faults > expected.major_faults * operations)
    context.Refuse("the machine paged during the measurement: major faults in all",
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
  if (benchmark->run.prepare != nullptr) benchmark->run.prepare(context);
  pages.report.footprint = ReadFootprint(pages.list, kScratchBytes);
  for (int64_t left = config.warmups; left > 0; left -= kMostSamples)
    benchmark->run.measure(context, pages.samples, left < kMostSamples ? left : kMostSamples);
  Totals totals{};
  totals.clock_by_system =
      context.clock == Clock::kNanoseconds && context.gettime == ClockBySyscall ? 1 : 0;
  totals.children = -context.children;
  const int64_t migrations = OwnMigrations(pages);
  const int64_t splits = HugeSplits(context);
  context.placed = 0;
  context.first_through = context.last_through = 0;
  AddUsage(totals, -1);
  benchmark->run.measure(context, pages.samples, config.samples);
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

}  // namespace

int64_t Context::Spin(int64_t start, int64_t end) const {
  // In units of 2^-20: without a C library, armhf cannot divide 64-bit numbers.
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
  // If the child itself refused or skipped, its reason is the better one.
  if (pages->report.outcome != Outcome::kUnfinished) ExitGroup(0);
  if (pid < 0) Refuse("no child could be created: errno", -pid);
  if (reaped < 0) Refuse("the child could not be reaped: errno", -reaped);
  if (reaped != pid) Refuse("wait4(2) reaped another child than the one created: pid", reaped);
  Text(pages->report.reason, kReasonBytes)
      .Add("the child's raw wait status is ")
      .Add(status)
      .Add(", not ")
      .Add(agreed);
  pages->report.outcome = Outcome::kRefused;
  ExitGroup(0);
}

int ProgramMain(int argc, char** argv, const unsigned long* auxv) {
  Context context{};
  context.pages = AttachPages(argc, argv);
  if (context.pages == nullptr) return 2;
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

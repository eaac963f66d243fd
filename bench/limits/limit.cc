// SPDX-License-Identifier: MIT
// A limit program: lists its loops, or runs one: warm-ups, then samples, at each of its places.
#include "bench/limits/limit.h"

#include <linux/auxvec.h>
#include <linux/resource.h>

#include "bench/subject/attach.h"
#include "bench/subject/footprint.h"
#include "bench/subject/list.h"
#include "bench/subject/start.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::limit {
namespace {

using subject::Outcome;
using subject::Pages;
using subject::Text;
using sys::RawArg;
using sys::RawSyscall;

void List(Pages& pages) {
  Text text(pages.list, subject::kListBytes);
  for (const Limit* each = kLimits; each->name != nullptr; ++each) {
    subject::ListLine line;
    line.fields[subject::kListName] = each->name;
    line.fields[subject::kListFamily] = each->family;
    line.fields[subject::kListMeasures] = each->measures;
    line.fields[subject::kListFrom] = EdgeName(each->from);
    line.fields[subject::kListTo] = EdgeName(Edge::kReaped);
    line.fields[subject::kListForm] = subject::kForm;
    line.fields[subject::kListTags] = "limit";
    line.fields[subject::kListLimitOf] = each->limit_of;
    line.fields[subject::kListUncounted] = "0";
    AddLine(text, line);
  }
  pages.report.list_bytes = text.Size();
}

struct Usage {
  struct rusage self;
  struct rusage children;
};

void ReadUsage(Usage& usage) {
  RawSyscall(__NR_getrusage, RUSAGE_SELF, RawArg(&usage.self));
  RawSyscall(__NR_getrusage, RUSAGE_CHILDREN, RawArg(&usage.children));
}

// Adds what the loop at one place used, and how many children it ended.
void Add(subject::Totals& totals, const Usage& a, const Usage& b, int64_t ended) {
  totals.minor_faults +=
      b.self.ru_minflt - a.self.ru_minflt + b.children.ru_minflt - a.children.ru_minflt;
  totals.major_faults +=
      b.self.ru_majflt - a.self.ru_majflt + b.children.ru_majflt - a.children.ru_majflt;
  totals.voluntary_switches +=
      b.self.ru_nvcsw - a.self.ru_nvcsw + b.children.ru_nvcsw - a.children.ru_nvcsw;
  totals.involuntary_switches +=
      b.self.ru_nivcsw - a.self.ru_nivcsw + b.children.ru_nivcsw - a.children.ru_nivcsw;
  totals.children += ended;
}

void Report(Pages& pages, const Inputs& inputs) {
  subject::Totals& totals = pages.report.totals;
  totals.own_migrations = -1;
  totals.clock_by_system =
      inputs.clock == subject::Clock::kNanoseconds && inputs.gettime == subject::ClockBySyscall ? 1
                                                                                                : 0;
  pages.report.operations = 1;
  pages.report.recorded = pages.config.samples;
  pages.report.outcome = Outcome::kDone;
}

bool Fail(Pages& pages, Outcome outcome, const char* reason, int64_t seen) {
  Text(pages.report.reason, subject::kReasonBytes).Add(reason).Add(" ").Add(seen);
  pages.report.outcome = outcome;
  return false;
}

constexpr const char* kNotGiven = "the kernel refuses this: errno";

// Takes the samples [begin, end) by one loop, after its warm-ups. Returns false if that failed.
bool MeasureAt(Pages& pages, const Inputs& inputs, Loop loop, uint32_t begin, uint32_t end) {
  // The samples overwrite what the warm-ups store, or end before it.
  const uint32_t room = subject::kMostSamples - begin;
  const uint32_t warmups = pages.config.warmups < room ? pages.config.warmups : room;
  int64_t ended = loop(inputs, pages.samples + begin, warmups);
  if (ended < 0) return Fail(pages, Outcome::kSkip, kNotGiven, -ended);
  Usage before;
  Usage after;
  ReadUsage(before);
  ended = loop(inputs, pages.samples + begin, end - begin);
  ReadUsage(after);
  if (ended < 0) return Fail(pages, Outcome::kSkip, kNotGiven, -ended);
  if (ended != static_cast<int64_t>(end - begin))
    return Fail(pages, Outcome::kRefused, "not every operation went well; these many did:", ended);
  Add(pages.report.totals, before, after, ended);
  return true;
}

void Measure(Pages& pages, const Inputs& inputs) {
  const Limit* limit = kLimits;
  while (limit->name != nullptr && !subject::SameText(limit->name, pages.config.benchmark)) ++limit;
  if (limit->name == nullptr) {
    Fail(pages, Outcome::kRefused, "this program has no such limit", 0);
    return;
  }
  pages.report.footprint = subject::ReadFootprint(pages.list, subject::kScratchBytes);
  // The count of instructions does not depend on the place.
  const uint32_t most = inputs.clock == subject::Clock::kNanoseconds ? kPlaces : 1;
  uint32_t places = 0;
  while (places < most && limit->loops.at[places] != nullptr) ++places;
  // Without a C library, armhf cannot divide by a variable. The last place takes the rest.
  const uint32_t share = pages.config.samples / kPlaces;
  for (uint32_t place = 0; place < places; ++place) {
    const uint32_t end = place + 1 == places ? pages.config.samples : share * (place + 1);
    if (!MeasureAt(pages, inputs, limit->loops.at[place], share * place, end)) return;
  }
  Report(pages, inputs);
}

}  // namespace
}  // namespace procmark::limit

int procmark::subject::ProgramMain(int argc, char** argv, const unsigned long* auxv) {
  Pages* const pages = AttachPages(argc, argv);
  if (pages == nullptr) return 2;
  const Config& config = pages->config;
  if (config.order == Order::kList) {
    limit::List(*pages);
    pages->report.outcome = Outcome::kDone;
    return 0;
  }
  char path[32];
  char libc_path[32];
  Text(path, sizeof path).Add("/proc/self/fd/").Add(config.Descriptor(ExitProgram::kRaw));
  Text(libc_path, sizeof libc_path)
      .Add("/proc/self/fd/")
      .Add(config.Descriptor(ExitProgram::kLibc));
  const ClockGettime vdso = FindVdsoClock(auxv);
  const limit::Inputs inputs{vdso != nullptr ? vdso : ClockBySyscall, config.clock, path, libc_path,
                             &pages->stamp};
  limit::Measure(*pages, inputs);
  return 0;
}

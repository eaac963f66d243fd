// The life of a limit program: list its loops, or run one (warm-ups, then samples, at each of its
// places).
#include "bench/limits/limit.h"

#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "bench/subject/footprint.h"
#include "bench/subject/start.h"
#include "bench/subject/text.h"
#include "harness/sys/raw_syscall.h"

namespace procmark::limit {
namespace {

using subject::Outcome;
using subject::Pages;
using subject::Text;
using sys::RawArg;
using sys::RawSyscall;

#if defined(PROCMARK_LIBC)
constexpr const char* kForm = "libc";
#else
constexpr const char* kForm = "raw";
#endif

void List(Pages& pages) {
  Text text(pages.list, subject::kListBytes);
  for (const Limit* each = kLimits; each->name != nullptr; ++each) {
    text.Add(each->name).Add("\t").Add(each->sentence).Add("\t").Add(each->family);
    text.Add("\t")
        .Add(each->from)
        .Add("\treaped\t")
        .Add(kForm)
        .Add("\tlimit\t")
        .Add(each->limit_of)
        .Add("\t\t0\n");
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

// Adds what the loop at one place took.
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

void Report(Pages& pages, const Plan& plan) {
  subject::Totals& totals = pages.report.totals;
  totals.own_migrations = -1;
  totals.clock_by_system =
      plan.clock == subject::Clock::kNanoseconds && plan.gettime == subject::ClockBySyscall ? 1 : 0;
  pages.report.operations = 1;
  pages.report.recorded = pages.config.samples;
  pages.report.outcome = Outcome::kDone;
}

bool Fail(Pages& pages, Outcome outcome, const char* reason, int64_t seen) {
  Text(pages.report.reason, subject::kReasonBytes).Add(reason).Add(" ").Add(seen);
  pages.report.outcome = outcome;
  return false;
}

constexpr const char* kNotGiven = "the kernel does not give this: errno";

// Samples [begin, end) by one loop, after its warm-ups; false if it failed. A loop that cannot
// begin says so by -errno.
bool MeasureAt(Pages& pages, const Plan& plan, Loop loop, uint32_t begin, uint32_t end) {
  // What the warm-ups store is overwritten by the samples, or lies behind them.
  const uint32_t room = subject::kMostSamples - begin;
  const uint32_t warmups = pages.config.warmups < room ? pages.config.warmups : room;
  int64_t ended = loop(plan, pages.samples + begin, warmups);
  if (ended < 0) return Fail(pages, Outcome::kSkip, kNotGiven, -ended);
  Usage before;
  Usage after;
  ReadUsage(before);
  ended = loop(plan, pages.samples + begin, end - begin);
  ReadUsage(after);
  if (ended < 0) return Fail(pages, Outcome::kSkip, kNotGiven, -ended);
  if (ended != static_cast<int64_t>(end - begin))
    return Fail(pages, Outcome::kRefused, "not all operations ended as they should but", ended);
  Add(pages.report.totals, before, after, ended);
  return true;
}

void Measure(Pages& pages, Plan& plan) {
  const Limit* limit = kLimits;
  while (limit->name != nullptr && !subject::SameText(limit->name, pages.config.benchmark)) ++limit;
  if (limit->name == nullptr) {
    Fail(pages, Outcome::kRefused, "no such limit", 0);
    return;
  }
  pages.report.footprint = subject::ReadFootprint(pages.list, subject::kScratchBytes);
  // A count of instructions is the same at every place.
  const uint32_t most = plan.clock == subject::Clock::kNanoseconds ? kPlaces : 1;
  uint32_t places = 0;
  while (places < most && limit->loops[places] != nullptr) ++places;
  // No division by a variable: armhf has none without a C library. The last takes the rest.
  const uint32_t share = pages.config.samples / kPlaces;
  for (uint32_t place = 0; place < places; ++place) {
    const uint32_t end = place + 1 == places ? pages.config.samples : share * (place + 1);
    if (!MeasureAt(pages, plan, limit->loops[place], share * place, end)) return;
  }
  Report(pages, plan);
}

}  // namespace
}  // namespace procmark::limit

int procmark::subject::RunProgram(int argc, char** argv, const unsigned long* auxv) {
  using procmark::limit::Plan;
  if (argc != 2) return 2;
  long fd = 0;
  for (const char* digit = argv[1]; *digit >= '0' && *digit <= '9'; ++digit)
    fd = fd * 10 + (*digit - '0');
  const long mapped = sys::RawMmap(nullptr, sizeof(Pages), PROT_READ | PROT_WRITE, MAP_SHARED,
                                   static_cast<int>(fd));
  if (sys::RawFailed(mapped)) return 2;
  sys::RawSyscall(__NR_close, fd);
  Pages& pages = *reinterpret_cast<Pages*>(mapped);
  if (pages.config.version != kPagesVersion) return 2;
  for (volatile char* byte = static_cast<volatile char*>(reinterpret_cast<char*>(&pages));
       byte < pages.list; byte += 4096)
    *byte = *byte;
  if (pages.config.order == Order::kList) {
    limit::List(pages);
    pages.report.outcome = Outcome::kDone;
    return 0;
  }
  char path[32];
  char libc_path[32];
  Text(path, sizeof path).Add("/proc/self/fd/").Add(pages.config.exit_program);
  Text(libc_path, sizeof libc_path).Add("/proc/self/fd/").Add(pages.config.libc_program);
  const ClockGettime vdso = FindVdsoClock(auxv);
  Plan plan{vdso != nullptr ? vdso : ClockBySyscall, pages.config.clock, path, libc_path,
            &pages.stamp};
  limit::Measure(pages, plan);
  return 0;
}

// SPDX-License-Identifier: MIT
#include "conformance/runner/runner.h"

#include <poll.h>
#include <sched.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "conformance/runner/filter.h"
#include "conformance/runner/printer.h"
#include "conformance/runner/running_test.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/machine_setting.h"
#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

using InFlight = std::map<size_t, std::unique_ptr<RunningTest>>;

// Waits until a running test has news, or until its reaper is late.
void AwaitAny(const InFlight& in_flight) {
  std::vector<pollfd> watched;
  sys::Deadline deadline = sys::Deadline::Never();
  for (const auto& [index, test] : in_flight) {
    const std::vector<pollfd> more = test->Watched();
    watched.insert(watched.end(), more.begin(), more.end());
    deadline = sys::Deadline::Sooner(deadline, test->Backstop());
  }
  (void)::poll(watched.data(), watched.size(), deadline.PollTimeoutMs());
}

// The taint bits of a guest's kernel. On other machines anyone may set them, so they do not count.
int64_t Tainted() {
  return UnderTheGuestsInit() ? std::atoll(TextOf("/proc/sys/kernel/tainted").c_str()) : 0;
}

wire::Test AsEvent(const DeclaredPromise& declared, const Outcome& outcome) {
  wire::Test event;
  event.test = declared.name;
  event.verdict = outcome.verdict;
  event.reason = outcome.reason;
  event.cause = outcome.cause;
  event.duration_ns = outcome.duration_ns;
  return event;
}

// The machine is too small for this test.
Outcome NotStarted(const Surroundings& surroundings, const sys::Complaint& complaint) {
  Outcome outcome;
  outcome.verdict = wire::TestVerdict::kSkip;
  outcome.reason = "not judged: " + surroundings.spoilers.front() + ". " + complaint.what();
  return outcome;
}

}  // namespace

std::vector<const DeclaredPromise*> ChooseTests(const std::string& filter, bool filter_given) {
  const Filter patterns(filter);
  std::vector<const DeclaredPromise*> chosen;
  for (const DeclaredPromise& declared : AllPromises()) {
    if (HasTag(declared.promise, "broken")) {
      if (filter_given && patterns.NamesSuiteOf(declared.name)) chosen.push_back(&declared);
    } else if (filter_given ? patterns.Matches(declared.name) : HasTag(declared.promise, "core")) {
      chosen.push_back(&declared);
    }
  }
  return chosen;
}

// A test of init runs without namespaces in a guest, next to the guest's own init. Elsewhere the
// init that it sees is its reaper, pid 1 of a new namespace.
static Isolation IsolationOf(const DeclaredPromise& declared, Isolation usual) {
  return HasTag(declared.promise, "init") && UnderTheGuestsInit() ? Isolation::kNone : usual;
}

// A destructive test changes the whole machine (its CPUs, memory pools or core_pattern), so no
// other test runs at the same time.
static bool MayStart(const std::vector<const DeclaredPromise*>& tests, size_t next,
                     const InFlight& in_flight, int jobs) {
  if (next >= tests.size()) return false;
  if (in_flight.empty()) return true;
  const auto alone = [&](size_t test) { return HasTag(tests[test]->promise, "destructive"); };
  if (alone(next) || alone(in_flight.begin()->first)) return false;
  return in_flight.size() < static_cast<size_t>(jobs);
}

bool RunTests(const std::vector<const DeclaredPromise*>& tests, const RunnerOptions& options,
              const IsolationChoice& isolation, wire::EventWriter* wire) {
  Printer printer(tests);
  printer.Head(DescribeIsolation(isolation), options.deadline_ms, options.jobs);
  printer.Excuses(options.surroundings);
  InFlight in_flight;
  size_t next = 0;
  int64_t tainted = Tainted();
  while (next < tests.size() || !in_flight.empty()) {
    while (MayStart(tests, next, in_flight, options.jobs)) {
      wire->Send(wire::TestStart{.test = tests[next]->name});
      try {
        in_flight[next] =
            std::make_unique<RunningTest>(*tests[next], IsolationOf(*tests[next], isolation.kind),
                                          options.deadline_ms, static_cast<long>(next));
      } catch (const sys::Complaint& complaint) {
        if (options.surroundings.spoilers.empty()) throw;
        const Outcome outcome = NotStarted(options.surroundings, complaint);
        wire->Send(AsEvent(*tests[next], outcome));
        printer.Result(next, outcome);
      }
      ++next;
    }
    AwaitAny(in_flight);
    for (auto at = in_flight.begin(); at != in_flight.end();) {
      if (!at->second->Advance()) {
        ++at;
        continue;
      }
      const Outcome outcome = at->second->Finish(options.surroundings);
      wire::Test event = AsEvent(*tests[at->first], outcome);
      const int64_t word = Tainted();
      event.tainted = word & ~tainted;
      tainted = word;
      wire->Send(event);
      printer.Result(at->first, outcome);
      at = in_flight.erase(at);
    }
  }
  printer.Tail();
  return !printer.AnyFailed();
}

int UsableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// A small report with every kind of content, full of text that would break a careless renderer.
#pragma once

#include <string>
#include <vector>

#include "harness/compare/compare.h"
#include "harness/report/report.h"

namespace procmark::report {

using wire::FailCause;
using wire::TestVerdict;

inline constexpr const char* kNasty = "<b>&\"quoted\" 'x' | `tick` *star*\x1b[31m\x01\xff</script>";

inline void AddSlice(store::Run& run, const std::string& cell, const std::string& benchmark,
                     int64_t round, std::vector<int64_t> samples, const std::string& unit) {
  store::Slice slice;
  slice.cell = cell;
  slice.round = round;
  slice.sequence = static_cast<int64_t>(run.slices.size());
  slice.slice = {benchmark,
                 "call",
                 "reaped",
                 unit,
                 1,
                 5,
                 std::move(samples),
                 {{"minor_faults", 31.0}, {"voluntary_switches", 0.5}},
                 {{"rss_kib", 2048.0}},
                 {{"hardware_counters", "no PMU | here"}}};
  run.slices.push_back(std::move(slice));
}

inline void AddNoisySlices(store::Run& run) {
  for (int64_t round = 0; round < 20; ++round) {
    const int64_t wobble = (round * 7) % 11 - 5;
    for (const char* cell : {"native", "native@candidate"}) {
      const int64_t more = std::string(cell) == "native" ? 0 : 4600;
      AddSlice(run, cell, "fork/to:reaped", round,
               {46000 + more + 30 * wobble, 47000 + more, 46500 + more, 90000}, "ns");
      for (const int64_t fds : {64, 1024}) {
        AddSlice(run, cell, "fork/fds:" + std::to_string(fds) + "/to:reaped", round,
                 {46000 + more + fds * 27 + 31 * wobble, 50000 + more + fds * 27}, "ns");
      }
      AddSlice(run, cell, "yardstick/getpid", round, {101, 100, 102 + wobble % 2, 140}, "ns");
    }
    AddSlice(run, "native", "canary/base", round, {10000 + 3 * wobble, 10100}, "ns");
    AddSlice(run, "native", "canary/twin", round, {10000 - 2 * wobble, 10100}, "ns");
    AddSlice(run, "native", "canary/slow5", round, {10500 + 3 * wobble, 10600}, "ns");
    AddSlice(run, "native", "peers/tool/fork", round, {346000 + 100 * wobble, 351000}, "ns");
    AddSlice(run, "native", "fork/form:libc/to:reaped", round, {51000 + 20 * wobble, 52000}, "ns");
    AddSlice(run, "native", "limit/fork", round, {45500 + 10 * wobble, 46400}, "ns");
  }
}

inline void AddTests(store::Run& run) {
  const std::string guest = "amd64/debian-6.1/max/exact";
  run.tests = {
      {"native", {"Fork.ChildSeesZero", TestVerdict::kPass, "", FailCause::kNone, 1200000}},
      {"native",
       {"Reparent.Nearest", TestVerdict::kFail, std::string("expected 7\nobserved 1 ") + kNasty,
        FailCause::kAssertion, 2500000}},
      {"native",
       {"Wait.Pidfd", TestVerdict::kSkip, "needs Linux 5.4 | here 4.19", FailCause::kNone, 1000}},
      {guest, {"Fork.ChildSeesZero", TestVerdict::kPass, "", FailCause::kNone, 900000}},
      {guest, {"Reparent.Nearest", TestVerdict::kFail, "known", FailCause::kAssertion, 900000}},
      {guest,
       {"Wait.Pidfd", TestVerdict::kTimeout, "no event for 5000 ms", FailCause::kNone, 5000000000}},
      {guest, {"Exec.Hash#Mark", TestVerdict::kCrash, "signal 11", FailCause::kNone, 100000}},
  };
}

inline store::Run NastyRun() {
  store::Run run;
  run.id = "20261121T204316Z-3f9a";
  run.name = "nightly <&>";
  run.started_utc = "2026-11-21T20:43:16Z";
  run.plan_toml = "cells = [\"native\"]  # <plan>\n";
  run.environment = {{"host.kernel", "6.18.0"}, {"host.cpu", kNasty}};
  store::Cell native{
      "native", store::Clock::kWall, {{"program.sha256", "aa11"}}, {{"kernel.release", "6.18.0"}}};
  store::Cell candidate{"native@candidate",
                        store::Clock::kWall,
                        {{"program.sha256", "bb22"}},
                        {{"kernel.release", "6.18.0"}}};
  store::Cell guest{"amd64/debian-6.1/max/exact",
                    store::Clock::kExact,
                    {{"kernel.sha256", "cc33"}},
                    {{"kernel.release", "6.1.0-44-cloud-amd64"}}};
  run.cells = {native, candidate, guest};
  AddNoisySlices(run);
  AddSlice(run, guest.name, "fork/to:reaped", 0, {253418, 253420, 253418, 260001}, "instructions");
  AddTests(run);
  run.skips = {{"native", {"reap/io_uring", "io_uring is off (sysctl | 2)"}},
               {"native", {"reap/io_uring_poll", "io_uring is off (sysctl | 2)"}}};
  run.refused = {{guest.name, {"exec/static", "31 faults per operation, expected 40"}}};
  run.losses = {{guest.name, store::LossKind::kCrash, "the guest's kernel panicked",
                 std::string("[    1.0] Oops: 0002\n") + kNasty + "\n---[ end ]---\n",
                 "./run.sh run --cell amd64/debian-6.1/max/exact --filter 'Exec.*'"}};
  run.complete = true;
  return run;
}

inline Report NastyReport(const store::Run& run) {
  ReportInputs inputs;
  inputs.comparisons = {compare::Compare({.run = &run, .cell = "native"},
                                         {.run = &run, .cell = "native@candidate"}, {})};
  inputs.expectations = compare::ParseExpectations(
      "[[expect]]\ntest = \"Reparent.*\"\nkernel = \"<6.2\"\nreason = \"known | <deviation>\"\n"
      "link = \"https://example.org/1\"\nexpires = 2027-06-01\n",
      "expectations.toml", {2026, 11, 21});
  inputs.bounded_by_limit = {{"limit/fork", "fork/to:reaped"}};
  inputs.peers = {{"peers/tool/fork", "fork/to:reaped"}, {"peers/tool/absent", "fork/to:reaped"}};
  inputs.sentences = {{"fork/to:reaped", "fork(2), _exit(2) and waitpid(2) of a small process"},
                      {"peers/tool/fork", "its own | larger process"}};
  inputs.says = {{"Wait.Pidfd", "a pidfd becomes readable when its process ends"}};
  inputs.reproduce = {{"Measure again, by the same plan:", "./run.sh run --plan plan.toml"}};
  return MakeReport(run, std::move(inputs));
}

}  // namespace procmark::report

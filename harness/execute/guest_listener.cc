// SPDX-License-Identifier: MIT
#include "harness/execute/guest_listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/cell/native_program.h"
#include "harness/sys/text.h"

namespace procmark::execute {
namespace {

using store::LossKind;

// The bits of /proc/sys/kernel/tainted by which a kernel says that it is no longer sound: it died
// in an oops or BUG, it warned (Documentation/admin-guide/tainted-kernels.rst).
constexpr int64_t kTaintDied = 1 << 7;
constexpr int64_t kTaintWarned = 1 << 9;

std::string WhatTaintSays(int64_t bits) {
  if ((bits & kTaintDied) != 0) return "oopsed (it is tainted D)";
  return "warned (it is tainted W)";
}

// The longest quotation of a guest in a sentence.
constexpr size_t kLongestQuotation = 200;

// A cell is recorded again with each fact that is added to it. Real guests say about 3000 bytes.
constexpr size_t kMostBootBytes = 64 << 10;

int64_t NumberOf(const std::string& text) { return sys::ParseNumber<int64_t>(text).value_or(0); }

}  // namespace

void GuestListener::On(const wire::Event& event) {
  // Symbols are many and are not recorded.
  const size_t bytes =
      std::holds_alternative<wire::Symbols>(event) ? 0 : wire::Encode(event).size();
  if (bytes > bytes_left_) {
    Disbelieve("more bytes than its job can need");
    return;
  }
  bytes_left_ -= bytes;
  std::visit([this](const auto& value) { Handle(value); }, event);
}

Only GuestListener::InHand() const {
  if (InSlice()) return {.benchmark = StepInHand().benchmark};
  return {.test = running_test_};
}

void GuestListener::Lose(store::LossKind kind, const std::string& sentence,
                         const std::string& console_tail, const Only& only) {
  recorder_.AddLoss({cell_.name, kind, sentence, console_tail,
                     Reproduce(work_, named_, KernelVersionOf(cell_), only)});
}

void GuestListener::Disbelieve(const std::string& what) {
  if (disbelieved_) return;
  disbelieved_ = true;
  Lose(LossKind::kLost,
       fmt::format("the guest said what it was not asked for: {} (in {})",
                   what.substr(0, kLongestQuotation), doing_),
       "", InHand());
}

bool GuestListener::IsAskedFor(const std::string& benchmark, const char* what) {
  ++events_;
  if (InSlice() && StepInHand().benchmark == benchmark) return true;
  Disbelieve(fmt::format("{} of {}", what, benchmark));
  return false;
}

bool GuestListener::IsAskedForTest(const std::string& test) {
  ++events_;
  if (InTests() && std::ranges::find(job_.tests, test) != job_.tests.end()) return true;
  Disbelieve("the test " + test);
  return false;
}

void GuestListener::Conclude(const cell::GuestOutcome& outcome) {
  for (const auto& [key, value] : outcome.facts) recorder_.AddFact(cell_.name, key, value);
  for (const std::string& trouble : outcome.kernel_troubles) {
    Lose(LossKind::kCrash,
         fmt::format("the guest's kernel complained: {} (in {})", trouble, doing_),
         outcome.console_tail, InHand());
  }
  if (outcome.end == cell::GuestEnd::kDone) LoseUnanswered();
  const std::optional<LossKind> kind = cell::LossKindOf(outcome.end);
  if (!kind) return;
  Lose(*kind, fmt::format("{} (last seen in {})", outcome.sentence, doing_), outcome.console_tail,
       InHand());
  if (InSlice()) recorder_.GiveUp(cell_.name, StepInHand().benchmark);
  if (running_test_.empty() || *kind == LossKind::kLost) return;
  recorder_.AddTest(cell_.name, {.test = running_test_,
                                 .verdict = *kind == LossKind::kCrash ? wire::TestVerdict::kCrash
                                                                      : wire::TestVerdict::kTimeout,
                                 .reason = outcome.sentence});
}

void GuestListener::LoseUnanswered() {
  const auto lose = [this](const std::string& what, const Only& only) {
    Lose(LossKind::kLost, "the guest ended well but never answered for " + what, "", only);
    recorder_.GiveUp(cell_.name, what);
  };
  for (const plan::Step& step : job_.steps) {
    if (recorder_.Settled(step.cell, step.round, step.benchmark)) continue;
    lose(step.benchmark, {.benchmark = step.benchmark});
  }
  if (tests_cut_short_) return;
  for (const std::string& test : job_.tests) {
    if (!recorder_.TestSettled(cell_.name, test)) lose(test, {.test = test});
  }
}

// Guest-reported values never overwrite values that the host has verified.
void GuestListener::Handle(const wire::Boot& boot) {
  if (std::exchange(booted_, true)) {
    Disbelieve("a second boot");
    return;
  }
  if (wire::Encode(boot).size() > kMostBootBytes) {
    Disbelieve("a boot of too many bytes");
    return;
  }
  std::string& release = cell_.environment["kernel.release"];
  if (release.empty()) release = boot.release;
  if (release != boot.release) cell_.environment["guest.kernel.release"] = boot.release;
  cell_.environment.insert({{"kernel.version", boot.version},
                            {"kernel.machine", boot.machine},
                            {"kernel.cmdline", boot.cmdline},
                            {"clocksource", boot.clocksource}});
  cell_.environment.insert(boot.facts.begin(), boot.facts.end());
  const auto tainted = boot.facts.find("tainted");
  if (tainted != boot.facts.end()) tainted_ = NumberOf(tainted->second);
  recorder_.Add(cell_);
}

void GuestListener::Handle(const wire::ProgramStart& start) {
  const size_t programs = job_.steps.size() + (job_.tests.empty() ? 0 : 1);
  if (index_ >= 0 || start.index <= last_ended_ || start.index >= static_cast<int64_t>(programs)) {
    Disbelieve(fmt::format("program {}", start.index));
    return;
  }
  index_ = start.index;
  events_ = 0;
  done_ = false;
  doing_ = InSlice() ? StepInHand().benchmark : "the tests";
  progress_.Step(doing_);
}

void GuestListener::Handle(const wire::Slice& slice) {
  if (!IsAskedFor(slice.benchmark, "a slice")) return;
  const bool exact = cell_.clock == store::Clock::kExact;
  if ((slice.unit == "instructions") != exact) {
    Disbelieve(fmt::format("{} in {}", slice.benchmark, slice.unit));
    return;
  }
  ++slices_;
  recorder_.AddSlice(cell_.name, StepInHand().round, slice);
}

void GuestListener::Handle(const wire::Skip& skip) {
  if (IsAskedFor(skip.benchmark, "a skip")) recorder_.AddSkip(cell_.name, skip);
}

void GuestListener::Handle(const wire::Refused& refused) {
  if (IsAskedFor(refused.benchmark, "a refusal")) recorder_.AddRefused(cell_.name, refused);
}

void GuestListener::Handle(const wire::TestStart& start) {
  if (!IsAskedForTest(start.test)) return;
  doing_ = start.test;
  running_test_ = start.test;
  progress_.Step(doing_);
}

void GuestListener::Handle(const wire::Test& test) {
  if (!IsAskedForTest(test.test)) return;
  ++tests_;
  running_test_.clear();
  recorder_.AddTest(cell_.name, test);
  if (const int64_t fresh = NoteTaint(test.tainted); fresh != 0)
    LoseToTaint(fresh, test.test, Only{.test = test.test});
}

void GuestListener::Handle(const wire::Done& done) {
  done_ = done.program != "init" && done.events == events_;
}

int64_t GuestListener::NoteTaint(int64_t word) {
  const int64_t fresh = word & ~tainted_ & (kTaintDied | kTaintWarned);
  tainted_ |= word;
  return fresh;
}

void GuestListener::LoseToTaint(int64_t fresh, const std::string& what, const Only& only) {
  Lose(LossKind::kCrash,
       fmt::format("the guest's kernel {} while {} ran", WhatTaintSays(fresh), what), "", only);
}

// A program that did not end as it should, or that broke the kernel, in a guest that lives on.
void GuestListener::Handle(const wire::ProgramEnd& end) {
  if (index_ < 0 || end.index != index_) {
    Disbelieve(fmt::format("the end of program {}", end.index));
    return;
  }
  last_ended_ = index_;
  cell::ProgramOutcome outcome;
  outcome.done = done_;
  outcome.timed_out = end.status < 0;
  outcome.status = static_cast<int>(end.status);
  const auto loss = cell::LossOf(outcome, doing_);
  const int64_t fresh = NoteTaint(end.tainted);
  if (loss) Lose(loss->kind, loss->sentence, "", InHand());
  if (fresh != 0) LoseToTaint(fresh, InSlice() ? doing_ : "the tests", InHand());
  if (InSlice() && (loss || fresh != 0)) recorder_.GiveUp(cell_.name, StepInHand().benchmark);
  if (loss && !running_test_.empty()) {
    recorder_.GiveUp(cell_.name, running_test_);
    tests_cut_short_ = true;
  }
  running_test_.clear();
  index_ = -1;
}

}  // namespace procmark::execute

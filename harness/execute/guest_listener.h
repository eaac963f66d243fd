// SPDX-License-Identifier: MIT
// GuestListener: turns what a guest says into records, and believes only what it was asked for.
#pragma once

#include <string>
#include <variant>

#include "harness/execute/guest_job.h"
#include "harness/wire/event.h"

namespace procmark::execute {

// Listens to one guest that does one job.
class GuestListener {
 public:
  // The guest's facts about its kernel are added to `cell`.
  GuestListener(const Work& work, const NamedCell& named, store::Cell cell, const Job& job,
                Recorder& recorder, Progress::Part& progress)
      : work_(work),
        named_(named),
        cell_(std::move(cell)),
        job_(job),
        recorder_(recorder),
        progress_(progress),
        bytes_left_((job.steps.size() + job.tests.size() + 1) * kMostBytesPerPart) {}

  // Records at most kMostBytesPerPart for each part of the job, and as much for the boot; what is
  // more is not believed.
  void On(const wire::Event& event);
  // Records how the guest ended. After a failure, what it was doing is not tried again: its
  // benchmark is given up, and its test gets the verdict crash or timeout if the kernel failed.
  // After a normal end, what it did not answer is lost, except tests that another guest may run
  // because a program ended early.
  void Conclude(const cell::GuestOutcome& outcome);

  int64_t Slices() const { return slices_; }
  int64_t Tests() const { return tests_; }

  static constexpr size_t kMostBytesPerPart = 256 << 10;

 private:
  bool InSlice() const { return index_ >= 0 && index_ < static_cast<int64_t>(job_.steps.size()); }
  bool InTests() const { return index_ == static_cast<int64_t>(job_.steps.size()); }
  const plan::Step& StepInHand() const { return job_.steps[static_cast<size_t>(index_)]; }
  // What runs now, for the command that runs it again.
  Only InHand() const;
  void Lose(store::LossKind kind, const std::string& sentence, const std::string& console_tail,
            const Only& only);
  // The bits of /proc/sys/kernel/tainted that mean trouble and were not set in the last value.
  int64_t NoteTaint(int64_t word);
  // Records a crash for the bits of the kernel's taint that were set while `what` ran.
  void LoseToTaint(int64_t fresh, const std::string& what, const Only& only);
  // Records that the guest reported something that its job does not contain.
  void Disbelieve(const std::string& what);
  bool IsAskedFor(const std::string& benchmark, const char* what);
  bool IsAskedForTest(const std::string& test);
  void LoseUnanswered();
  void Handle(const wire::Hello&) { ++events_; }
  void Handle(const wire::Boot& boot);
  void Handle(const wire::ProgramStart& start);
  void Handle(const wire::Slice& slice);
  void Handle(const wire::Skip& skip);
  void Handle(const wire::Refused& refused);
  void Handle(const wire::TestStart& start);
  void Handle(const wire::Test& test);
  void Handle(const wire::Symbols&) { ++events_; }
  void Handle(const wire::Done& done);
  void Handle(const wire::ProgramEnd& end);

  const Work& work_;
  const NamedCell& named_;
  store::Cell cell_;
  const Job& job_;
  Recorder& recorder_;
  Progress::Part& progress_;
  int64_t index_ = -1;       // of the program that runs
  int64_t last_ended_ = -1;  // programs start in the order of the job, each once
  bool booted_ = false;
  size_t bytes_left_;   // that may yet be recorded
  int64_t events_ = 0;  // of that program
  bool done_ = false;
  int64_t tainted_ = 0;  // as the guest's kernel last said
  bool disbelieved_ = false;
  bool tests_cut_short_ = false;  // by a test that is not tried again
  int64_t slices_ = 0;
  int64_t tests_ = 0;
  std::string doing_ = "the boot";
  std::string running_test_;
};

}  // namespace procmark::execute

#include "harness/command/recorder.h"

#include <algorithm>

namespace procmark::command {

Recorder::Recorder(const store::Run& interrupted) : writer_(store::RunWriter::Resume(interrupted)) {
  for (const store::Slice& slice : interrupted.slices) {
    slices_.insert({slice.cell, slice.round, slice.slice.benchmark});
    sequence_ = std::max(sequence_, slice.sequence + 1);
  }
  for (const store::Skip& skip : interrupted.skips) GiveUp(skip.cell, skip.skip.benchmark);
  for (const store::Refused& refused : interrupted.refused) {
    GiveUp(refused.cell, refused.refused.benchmark);
  }
  for (const store::Test& test : interrupted.tests) tests_.insert({test.cell, test.test.test});
  losses_ = static_cast<int64_t>(interrupted.losses.size());
}

void Recorder::AddSlice(const std::string& cell, int64_t round, const wire::Slice& slice) {
  if (!slices_.insert({cell, round, slice.benchmark}).second) return;
  writer_.Add(store::Slice{cell, round, sequence_++, slice});
}

void Recorder::AddSkip(const std::string& cell, const wire::Skip& skip) {
  if (given_up_.contains({cell, skip.benchmark})) return;
  GiveUp(cell, skip.benchmark);
  writer_.Add(store::Skip{cell, skip});
}

void Recorder::AddRefused(const std::string& cell, const wire::Refused& refused) {
  if (given_up_.contains({cell, refused.benchmark})) return;
  GiveUp(cell, refused.benchmark);
  writer_.Add(store::Refused{cell, refused});
}

void Recorder::AddTest(const std::string& cell, const wire::Test& test) {
  if (!tests_.insert({cell, test.test}).second) return;
  writer_.Add(store::Test{cell, test});
}

void Recorder::AddLoss(const store::Loss& loss) {
  ++losses_;
  writer_.Add(loss);
}

bool Recorder::Settled(const std::string& cell, int64_t round, const std::string& benchmark) const {
  return slices_.contains({cell, round, benchmark}) || given_up_.contains({cell, benchmark});
}

bool Recorder::TestSettled(const std::string& cell, const std::string& test) const {
  return tests_.contains({cell, test});
}

void Recorder::GiveUp(const std::string& cell, const std::string& benchmark) {
  given_up_.insert({cell, benchmark});
}

}  // namespace procmark::command

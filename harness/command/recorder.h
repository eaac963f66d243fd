// Recorder: where executing cells puts what they said. Writes each thing once, also when a resumed
// run meets it again, and remembers what need not be tried again.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "harness/store/run.h"
#include "harness/store/run_writer.h"

namespace procmark::command {

class Recorder {
 public:
  explicit Recorder(store::RunWriter writer) : writer_(std::move(writer)) {}
  // Goes on with an interrupted run.
  explicit Recorder(const store::Run& interrupted);

  const std::string& RunId() const { return writer_.Id(); }
  const std::filesystem::path& Folder() const { return writer_.Folder(); }

  void Add(const store::Cell& cell) { writer_.Add(cell); }
  void AddSlice(const std::string& cell, int64_t round, const wire::Slice& slice);
  void AddSkip(const std::string& cell, const wire::Skip& skip);
  void AddRefused(const std::string& cell, const wire::Refused& refused);
  void AddTest(const std::string& cell, const wire::Test& test);
  void AddLoss(const store::Loss& loss);
  void Finish() { writer_.Finish(); }

  // The slice is recorded, or its benchmark was skipped, refused or lost in this cell: taking it
  // would tell nothing new.
  bool Settled(const std::string& cell, int64_t round, const std::string& benchmark) const;
  bool TestSettled(const std::string& cell, const std::string& test) const;
  // No further slice of this benchmark is wanted in this cell.
  void GiveUp(const std::string& cell, const std::string& benchmark);

  int64_t Losses() const { return losses_; }

 private:
  store::RunWriter writer_;
  std::set<std::tuple<std::string, int64_t, std::string>> slices_;
  std::set<std::pair<std::string, std::string>> given_up_;
  std::set<std::pair<std::string, std::string>> tests_;
  int64_t sequence_ = 0;
  int64_t losses_ = 0;
};

}  // namespace procmark::command

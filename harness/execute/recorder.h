// Recorder: where executing cells puts what they said. Writes each thing once, also when a resumed
// run meets it again, and remembers what need not be tried again. May be used from several threads
// at once.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "harness/store/run.h"
#include "harness/store/run_writer.h"

namespace procmark::execute {

class Recorder {
 public:
  explicit Recorder(store::RunWriter writer) : writer_(std::move(writer)) {}
  // Goes on with an interrupted run. Throws a usage Complaint as RunWriter::Resume does.
  explicit Recorder(store::Run interrupted);

  const std::string& RunId() const { return writer_.Id(); }
  const std::filesystem::path& Folder() const { return writer_.Folder(); }

  // Throws a RecordFailure (usage) when the run that goes on had this cell with other inputs: its
  // slices and those to come would be of two things.
  void Add(const store::Cell& cell);
  // Adds to what is known of a cell's environment; the first value of a key stays.
  void AddFact(const std::string& cell, const std::string& key, const std::string& value);
  // The same for what adds up over a cell's guests.
  void Count(const std::string& cell, const std::string& key, int64_t amount);
  void AddKernelConfig(const std::string& sha256, const store::KernelConfig& config);
  void AddSlice(const std::string& cell, int64_t round, const wire::Slice& slice);
  void AddSkip(const std::string& cell, const wire::Skip& skip);
  void AddRefused(const std::string& cell, const wire::Refused& refused);
  void AddTest(const std::string& cell, const wire::Test& test);
  void AddLoss(const store::Loss& loss);
  void Finish() { writer_.Finish(); }

  // The cell is recorded with its inputs: it was ready to be measured, in this run or before it was
  // interrupted.
  bool WasReady(const std::string& cell) const;

  // The slice is recorded, or its benchmark was skipped, refused or lost in this cell: taking it
  // would tell nothing new.
  bool Settled(const std::string& cell, int64_t round, const std::string& benchmark) const;
  bool TestSettled(const std::string& cell, const std::string& test) const;
  // No further slice of this benchmark, or no run of this test, is wanted in this cell.
  void GiveUp(const std::string& cell, const std::string& name);

  int64_t Losses() const;

 private:
  void GiveUpLocked(const std::string& cell, const std::string& name);
  void AddLocked(store::Cell cell);

  mutable std::mutex mutex_;
  store::RunWriter writer_;
  std::set<std::string> kernel_configs_;                             // by hash
  std::map<std::string, store::Cell> cells_;                         // as last written
  std::map<std::string, store::Cell> cells_before_;                  // of the run that goes on
  std::map<std::string, std::map<std::string, std::string>> facts_;  // by cell
  std::map<std::pair<std::string, std::string>, int64_t> counts_;    // by cell and key
  std::set<std::tuple<std::string, int64_t, std::string>> slices_;
  std::set<std::pair<std::string, std::string>> given_up_;
  std::set<std::pair<std::string, std::string>> tests_;
  int64_t sequence_ = 0;
  int64_t losses_ = 0;
};

}  // namespace procmark::execute

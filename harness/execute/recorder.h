// SPDX-License-Identifier: MIT
// Recorder: takes the events of all cells and writes them into the run. Writes each of them once,
// also when a resumed run sees it again, and remembers what must not be tried again. Several
// threads may use it at once.
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
  // Continues an interrupted run. Throws a usage Complaint as RunWriter::Resume does.
  explicit Recorder(store::Run interrupted);

  const std::string& RunId() const { return writer_.Id(); }
  const std::filesystem::path& Folder() const { return writer_.Folder(); }

  // Throws a RecordFailure (usage) when a resumed run had this cell with other inputs: its old and
  // its new slices would measure different things.
  void Add(const store::Cell& cell);
  // Adds a key to the environment of a cell. If the key has a value already, that value stays.
  void AddFact(const std::string& cell, const std::string& key, const std::string& value);
  // The same for a key whose amounts add up over the guests of a cell.
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

  // True when the slice is recorded, or its benchmark was skipped, refused or lost in this cell.
  bool Settled(const std::string& cell, int64_t round, const std::string& benchmark) const;
  bool TestSettled(const std::string& cell, const std::string& test) const;
  // From now on, this benchmark or test counts as settled in this cell.
  void GiveUp(const std::string& cell, const std::string& name);

  int64_t Losses() const;

 private:
  void GiveUpLocked(const std::string& cell, const std::string& name);
  void AddLocked(store::Cell cell);

  mutable std::mutex mutex_;
  store::RunWriter writer_;
  std::set<std::string> kernel_configs_;                             // by hash
  std::map<std::string, store::Cell> cells_;                         // as last written
  std::map<std::string, store::Cell> cells_before_;                  // of a resumed run
  std::map<std::string, std::map<std::string, std::string>> facts_;  // by cell
  std::map<std::pair<std::string, std::string>, int64_t> counts_;    // by cell and key
  std::set<std::tuple<std::string, int64_t, std::string>> slices_;
  std::set<std::pair<std::string, std::string>> given_up_;
  std::set<std::pair<std::string, std::string>> tests_;
  int64_t sequence_ = 0;
  int64_t losses_ = 0;
};

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
#include "harness/execute/recorder.h"

#include <fmt/format.h>

#include <algorithm>

namespace procmark::execute {
namespace {

std::string ValueOf(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? "absent" : found->second;
}

void RequireSameInputs(const store::Cell& before, const store::Cell& now,
                       const std::string& run_id) {
  std::map<std::string, std::string> keys = before.inputs;
  keys.insert(now.inputs.begin(), now.inputs.end());
  for (const auto& [key, value] : keys) {
    const std::string was = ValueOf(before.inputs, key);
    const std::string is = ValueOf(now.inputs, key);
    if (was == is) continue;
    const std::string version = ValueOf(before.environment, "kernel.package_version");
    throw store::RecordFailure(
        sys::ExitCode::kUsage,
        fmt::format("run {} cannot go on: the {} of cell {} was {} when it began and is {} now; "
                    "start a new run{}",
                    run_id, key, now.name, was, is,
                    key.starts_with("kernel.") && version != "absent"
                        ? fmt::format(", or pin the kernel of both by ={}", version)
                        : ""));
  }
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): Resume() reads it again.
Recorder::Recorder(store::Run interrupted) : writer_(store::RunWriter::Resume(interrupted)) {
  for (const store::Slice& slice : interrupted.slices) {
    slices_.insert({slice.cell, slice.round, slice.slice.benchmark});
    sequence_ = std::max(sequence_, slice.sequence + 1);
  }
  for (const store::Skip& skip : interrupted.skips) GiveUpLocked(skip.cell, skip.skip.benchmark);
  for (const store::Refused& refused : interrupted.refused) {
    GiveUpLocked(refused.cell, refused.refused.benchmark);
  }
  for (const store::Test& test : interrupted.tests) tests_.insert({test.cell, test.test.test});
  for (const auto& [sha256, config] : interrupted.kernel_configs) kernel_configs_.insert(sha256);
  for (const store::Cell& cell : interrupted.cells) {
    // A cell without inputs was skipped or came to nothing: there is nothing to go on with.
    if (!cell.inputs.empty()) cells_before_[cell.name] = cell;
  }
  losses_ = static_cast<int64_t>(interrupted.losses.size());
}

void Recorder::Add(const store::Cell& cell) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto before = cells_before_.find(cell.name);
  if (before != cells_before_.end() && !cell.inputs.empty()) {
    RequireSameInputs(before->second, cell, writer_.Id());
    cells_before_.erase(before);
  }
  AddLocked(cell);
}

void Recorder::AddLocked(store::Cell cell) {
  for (const auto& [key, value] : facts_[cell.name]) cell.environment[key] = value;
  const auto known = cells_.find(cell.name);
  if (known != cells_.end() && known->second == cell) return;
  cells_[cell.name] = cell;
  writer_.Add(cell);
}

void Recorder::AddFact(const std::string& cell, const std::string& key, const std::string& value) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!facts_[cell].insert({key, value}).second) return;
  if (cells_.contains(cell)) AddLocked(cells_[cell]);
}

void Recorder::Count(const std::string& cell, const std::string& key, int64_t amount) {
  const std::lock_guard<std::mutex> lock(mutex_);
  facts_[cell][key] = std::to_string(counts_[{cell, key}] += amount);
  if (cells_.contains(cell)) AddLocked(cells_[cell]);
}

void Recorder::AddKernelConfig(const std::string& sha256, const store::KernelConfig& config) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (kernel_configs_.insert(sha256).second) writer_.AddKernelConfig(sha256, config);
}

int64_t Recorder::Losses() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return losses_;
}

void Recorder::AddSlice(const std::string& cell, int64_t round, const wire::Slice& slice) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!slices_.insert({cell, round, slice.benchmark}).second) return;
  writer_.Add(store::Slice{cell, round, sequence_++, slice});
}

void Recorder::AddSkip(const std::string& cell, const wire::Skip& skip) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (given_up_.contains({cell, skip.benchmark})) return;
  GiveUpLocked(cell, skip.benchmark);
  writer_.Add(store::Skip{cell, skip});
}

void Recorder::AddRefused(const std::string& cell, const wire::Refused& refused) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (given_up_.contains({cell, refused.benchmark})) return;
  GiveUpLocked(cell, refused.benchmark);
  writer_.Add(store::Refused{cell, refused});
}

void Recorder::AddTest(const std::string& cell, const wire::Test& test) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!tests_.insert({cell, test.test}).second) return;
  writer_.Add(store::Test{cell, test});
}

void Recorder::AddLoss(const store::Loss& loss) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++losses_;
  writer_.Add(loss);
}

bool Recorder::WasReady(const std::string& cell) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = cells_.find(cell);
  return cells_before_.contains(cell) || (known != cells_.end() && !known->second.inputs.empty());
}

bool Recorder::Settled(const std::string& cell, int64_t round, const std::string& benchmark) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return slices_.contains({cell, round, benchmark}) || given_up_.contains({cell, benchmark});
}

bool Recorder::TestSettled(const std::string& cell, const std::string& test) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tests_.contains({cell, test}) || given_up_.contains({cell, test});
}

void Recorder::GiveUp(const std::string& cell, const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  GiveUpLocked(cell, name);
}

void Recorder::GiveUpLocked(const std::string& cell, const std::string& name) {
  given_up_.insert({cell, name});
}

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
// RunWriter: appends to a run's records.jsonl. A kill -9 loses nothing that was appended before,
// and a full disk at most the line that is being written.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "harness/store/run.h"
#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "harness/sys/sha256.h"

namespace procmark::store {

// The file with all records of a run. All other files in its folder are made from it.
inline constexpr const char* kRecordsFile = "records.jsonl";

// Nothing more can be recorded. This ends the run, where other Complaints end one cell or one
// guest.
class RecordFailure : public sys::Complaint {
 public:
  using Complaint::Complaint;
};

// Does `work`. Returns the Complaint that ended it early, if its code is one of `codes`. Throws all
// others on, and a RecordFailure whatever its code is.
std::optional<sys::Complaint> CatchComplaint(std::initializer_list<sys::ExitCode> codes,
                                             const std::function<void()>& work);

class RunWriter {
 public:
  // Creates RESULTS/runs/ID with its first line. The ID is the UTC time and four random digits.
  // Throws a lost Complaint when the folder cannot be made or written.
  static RunWriter Create(const std::filesystem::path& results, const std::string& name,
                          const std::string& plan_toml,
                          const std::map<std::string, std::string>& environment);

  // Opens an interrupted run to continue it, and reads it into `run` again, because its last writer
  // may have added records since. Cuts off an unfinished last line. Throws a usage Complaint when
  // the run is complete, or when another RunWriter, of any process, has it open.
  static RunWriter Resume(Run& run);

  const std::string& Id() const { return id_; }
  const std::filesystem::path& Folder() const { return folder_; }

  // Each appends one line; throws a RecordFailure that says what to do when the disk is full.
  void AddKernelConfig(const std::string& sha256, const KernelConfig& config);
  void Add(const Cell& cell);
  void Add(const Slice& slice);
  void Add(const Skip& skip);
  void Add(const Refused& refused);
  void Add(const Test& test);
  void Add(const Loss& loss);

  // Writes the end line and syncs. Nothing may be added afterwards.
  void Finish();

 private:
  RunWriter(std::string id, std::filesystem::path folder, sys::Fd file)
      : id_(std::move(id)), folder_(std::move(folder)), file_(std::move(file)) {}
  void Append(const std::string& line);

  std::string id_;
  std::filesystem::path folder_;
  sys::Fd file_;
  sys::Sha256 digest_;
  int64_t lines_ = 0;
  int64_t size_ = 0;
};

}  // namespace procmark::store

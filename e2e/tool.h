// SPDX-License-Identifier: MIT
// Tool: runs the built procmark as a user does, with its own results folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/sys/child.h"
#include "harness/sys/temp_dir.h"

namespace procmark::e2e {

struct Answer {
  int exit_code = -1;  // -1: a signal ended it
  std::string out;
  std::string err;
};

class Tool {
 public:
  Tool();

  // Runs `procmark --results FOLDER words…` to its end.
  Answer Run(const std::vector<std::string>& words) const;

  // Starts the same without waiting; its stderr goes to `stderr_fd` when that is not -1.
  sys::Child Start(const std::vector<std::string>& words, int stderr_fd = -1) const;

  const std::filesystem::path& Results() const { return results_; }
  // Makes later runs use this folder for their results.
  void KeepResultsIn(const std::filesystem::path& folder) { results_ = folder; }

 private:
  std::vector<std::string> Argv(const std::vector<std::string>& words) const;
  sys::TempDir folder_;
  std::filesystem::path results_;
};

// AdoptOrphans() makes this process the parent of orphans. After it, NothingLeftRunning() waits
// until every process that a Tool started is gone, and returns false when one is left at the
// deadline.
void AdoptOrphans();
bool NothingLeftRunning(long long deadline_ms);

}  // namespace procmark::e2e

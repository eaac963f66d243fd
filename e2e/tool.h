// Tool: the built procmark as a user meets it, with a results folder of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/sys/child.h"
#include "harness/sys/temp_dir.h"

namespace procmark::e2e {

struct Answer {
  int exit_code = -1;  // -1: it did not exit by itself
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
  // Lets further runs keep their results somewhere else.
  void KeepResultsIn(const std::filesystem::path& folder) { results_ = folder; }

 private:
  std::vector<std::string> Argv(const std::vector<std::string>& words) const;
  sys::TempDir folder_;
  std::filesystem::path results_;
};

// Becomes the reaper of orphans and waits until every process that `Tool`s started is gone; false
// when one is left at the deadline. Call AdoptOrphans() first.
void AdoptOrphans();
bool NothingLeftRunning(long long deadline_ms);

}  // namespace procmark::e2e

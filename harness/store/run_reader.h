// SPDX-License-Identifier: MIT
// Reads runs back, and finds them by their folder, id or name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/store/run.h"

namespace procmark::store {

// Reads RUN/records.jsonl and checks it: every line must be a record, and the end line's count and
// SHA-256 must match. Throws a lost Complaint that names the line when they do not. The record of
// an interrupted run has no end line: it is read to its last line, with complete = false.
Run ReadRun(const std::filesystem::path& folder);

// What `list runs` shows of a run, from its first line alone.
struct RunHead {
  std::string id;
  std::string name;
  std::string started_utc;
  std::string procmark;  // environment[kVersionKey]; "" where an older procmark left it out
  std::filesystem::path folder;
};

// Every run under RESULTS/runs, oldest first. Folders without a readable first line are left out
// and named in `unreadable`.
std::vector<RunHead> ListRuns(const std::filesystem::path& results,
                              std::vector<std::string>& unreadable);

// The folder of a run or baseline: a path to a folder with records, a run's id, a run's name (the
// newest of that name), or a baseline's name. Empty when nothing has this name.
std::filesystem::path FindRun(const std::filesystem::path& results, const std::string& called);

// Copies a complete run to RESULTS/baselines/NAME, replacing an older baseline of that name in one
// step. Throws a usage Complaint for an incomplete run or a name that is not [A-Za-z0-9._-]+.
void AcceptBaseline(const std::filesystem::path& results, const Run& run, const std::string& name);

}  // namespace procmark::store

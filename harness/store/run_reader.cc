// SPDX-License-Identifier: MIT
#include "harness/store/run_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "harness/store/record.h"
#include "harness/store/run_writer.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"

namespace procmark::store {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowCorrupt(const fs::path& file, int64_t line, const std::string& why) {
  sys::ThrowLost(fmt::format("{} is corrupt at line {}: {}; restore the file or remove the run",
                             file.string(), line, why));
}

void CheckEnd(const fs::path& file, int64_t line, const End& end, const sys::Sha256& before) {
  if (end.lines != line - 1) {
    ThrowCorrupt(file, line,
                 fmt::format("it should follow {} lines but follows {}", end.lines, line - 1));
  }
  if (end.sha256 != before.Hex()) ThrowCorrupt(file, line, "the lines before it were changed");
}

// A FIFO or a device could keep its reader waiting for ever, or feed it without end.
bool IsRecordsFile(const fs::path& file) {
  std::error_code missing;
  return fs::is_regular_file(file, missing);
}

}  // namespace

Run ReadRun(const fs::path& folder) {
  const fs::path file = folder / kRecordsFile;
  std::error_code missing;
  if (fs::exists(file, missing) && !IsRecordsFile(file)) {
    sys::ThrowLost(fmt::format("{} is no run: {} is not a regular file; remove it", folder.string(),
                               file.string()));
  }
  sys::Result<std::string> text = sys::ReadSmallFile(file.string());
  if (!text) {
    sys::ThrowLost(fmt::format("{} is not a run: cannot read {}: {}", folder.string(),
                               file.string(), text.Failure().Text()));
  }
  Run run;
  run.folder = folder;
  sys::Sha256 digest;
  std::string_view rest = text.Value();
  int64_t number = 0;
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) break;  // interrupted in mid-line: it was no record yet
    const std::string_view line = rest.substr(0, newline);
    ++number;
    if (run.complete) ThrowCorrupt(file, number, "it comes after the end");
    try {
      End end;
      if (DecodeInto(line, run, end)) {
        CheckEnd(file, number, end, digest);
        run.complete = true;
      }
    } catch (const std::runtime_error& error) {
      if (dynamic_cast<const sys::Complaint*>(&error) != nullptr) throw;
      ThrowCorrupt(file, number, error.what());
    }
    if (number == 1 && run.id.empty()) ThrowCorrupt(file, 1, "a run does not begin like this");
    digest.Add(rest.substr(0, newline + 1));
    rest.remove_prefix(newline + 1);
  }
  if (number == 0) ThrowCorrupt(file, 1, "it is empty");
  if (run.complete && !rest.empty()) ThrowCorrupt(file, number + 1, "it comes after the end");
  return run;
}

std::vector<RunHead> ListRuns(const fs::path& results, std::vector<std::string>& unreadable) {
  std::vector<RunHead> heads;
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::directory_iterator(results / "runs", missing)) {
    const fs::path path = entry.path() / kRecordsFile;
    std::string line;
    if (IsRecordsFile(path)) {
      std::ifstream file(path);
      std::getline(file, line);
    }
    Run run;
    End end;
    try {
      DecodeInto(line, run, end);
      if (run.id.empty()) throw std::runtime_error("no run line");
      heads.push_back(
          {run.id, run.name, run.started_utc, run.environment[kVersionKey], entry.path()});
    } catch (const std::runtime_error&) {
      unreadable.push_back(entry.path().string());
    }
  }
  std::ranges::sort(heads, {}, &RunHead::id);
  std::ranges::sort(unreadable);
  return heads;
}

fs::path FindRun(const fs::path& results, const std::string& called) {
  if (called.empty()) return {};
  if (fs::exists(fs::path(called) / kRecordsFile)) return called;
  const bool plain = called.find('/') == std::string::npos;
  if (plain && fs::exists(results / "runs" / called / kRecordsFile)) {
    return results / "runs" / called;
  }
  std::vector<std::string> unreadable;
  const std::vector<RunHead> heads = ListRuns(results, unreadable);
  const auto named = std::find_if(heads.rbegin(), heads.rend(),
                                  [&](const RunHead& head) { return head.name == called; });
  if (named != heads.rend()) return named->folder;
  if (plain && fs::exists(results / "baselines" / called / kRecordsFile)) {
    return results / "baselines" / called;
  }
  // A folder that is there but holds no records is a run that was damaged, not an unknown name.
  if (plain && fs::exists(results / "runs" / called)) return results / "runs" / called;
  return {};
}

void AcceptBaseline(const fs::path& results, const Run& run, const std::string& name) {
  if (!run.complete) {
    sys::ThrowUsage(
        fmt::format("run {} was interrupted: finish it by ./run.sh run --resume {} "
                    "before it becomes a baseline",
                    run.id, run.id));
  }
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (name.empty() || name.front() == '.' ||
      name.find_first_not_of(kAllowed) != std::string::npos) {
    sys::ThrowUsage(
        fmt::format("a baseline is named by letters, digits, '.', '_' and '-', not '{}'", name));
  }
  const fs::path folder = results / "baselines" / name;
  const fs::path fresh = folder / (std::string(kRecordsFile) + ".new");
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) {
    fs::copy_file(run.folder / kRecordsFile, fresh, fs::copy_options::overwrite_existing, error);
  }
  if (!error) fs::rename(fresh, folder / kRecordsFile, error);
  if (error) {
    sys::ThrowLost(
        fmt::format("cannot write the baseline {}: {}", folder.string(), error.message()));
  }
}

}  // namespace procmark::store

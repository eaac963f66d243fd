// SPDX-License-Identifier: MIT
#include "harness/store/run_writer.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "harness/store/record.h"
#include "harness/store/run_reader.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::store {
namespace {

std::string NewId(std::time_t now) {
  uint16_t salt = 0;
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) salt = static_cast<uint16_t>(::getpid());
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:04x}", fmt::gmtime(now), salt);
}

// " (pid 12)" for the process that holds a flock(2) of this file; "" when /proc/locks does not say.
std::string LockHolder(int file) {
  struct stat status {};
  const sys::Result<std::string> locks = sys::ReadSmallFile("/proc/locks");
  if (!locks || ::fstat(file, &status) != 0) return "";
  const std::string inode = fmt::format(":{}", status.st_ino);
  for (const std::string& line : sys::Split(locks.Value(), '\n')) {
    // proc_locks(5): "1: FLOCK  ADVISORY  WRITE 12 fd:00:345 0 EOF"
    const std::vector<std::string> words = sys::SplitNonEmpty(line, ' ');
    if (words.size() < 6 || words[1] != "FLOCK" || !words[5].ends_with(inode)) continue;
    return fmt::format(" (pid {})", words[4]);
  }
  return "";
}

// Two writers would mix their lines. The kernel drops the lock when its owner dies. A file system
// without locks does not stop a run.
void Lock(const sys::Fd& file, const std::string& id) {
  if (::flock(file.Get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  sys::ThrowUsage(
      fmt::format("run {}: this run is still going on{}; wait for its end, or stop it first", id,
                  LockHolder(file.Get())));
}

}  // namespace

std::optional<sys::Complaint> CatchComplaint(std::initializer_list<sys::ExitCode> codes,
                                             const std::function<void()>& work) {
  try {
    work();
  } catch (const RecordFailure&) {
    throw;
  } catch (const sys::Complaint& complaint) {
    if (std::ranges::find(codes, complaint.Code()) == codes.end()) throw;
    return complaint;
  }
  return std::nullopt;
}

RunWriter RunWriter::Create(const std::filesystem::path& results, const std::string& name,
                            const std::string& plan_toml,
                            const std::map<std::string, std::string>& environment) {
  const std::time_t now = std::time(nullptr);
  Run run;
  run.id = NewId(now);
  run.name = name;
  run.started_utc = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
  run.plan_toml = plan_toml;
  run.environment = environment;
  const std::filesystem::path folder = results / "runs" / run.id;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    sys::ThrowLost(
        fmt::format("cannot make {}: {}; free or mount the disk, or name another folder "
                    "by --results",
                    folder.string(), error.message()));
  }
  sys::Fd file(::open((folder / kRecordsFile).c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!file.Valid()) {
    sys::ThrowLost(
        fmt::format("cannot write in {}: {}", folder.string(), sys::LastError("open").Text()));
  }
  Lock(file, run.id);
  RunWriter writer(run.id, folder, std::move(file));
  writer.Append(EncodeRun(run));
  return writer;
}

RunWriter RunWriter::Resume(Run& run) {
  const std::filesystem::path path = run.folder / kRecordsFile;
  sys::Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file.Valid()) {
    sys::ThrowLost(fmt::format("cannot open {}: {}", path.string(), sys::LastError("open").Text()));
  }
  Lock(file, run.id);
  run = ReadRun(run.folder);
  if (run.complete) {
    sys::ThrowUsage(fmt::format("run {} is complete: there is nothing to resume", run.id));
  }
  const sys::Result<std::string> text = sys::ReadSmallFile(path.string());
  if (!text) {
    sys::ThrowLost(fmt::format("cannot read {}: {}", path.string(), text.Failure().Text()));
  }
  const std::string& records = text.Value();
  const size_t whole = records.rfind('\n') + 1;  // npos + 1 is 0
  if (whole < records.size() && ::ftruncate(file.Get(), static_cast<off_t>(whole)) != 0) {
    sys::ThrowLost(fmt::format("cannot cut the unfinished line off {}: {}", path.string(),
                               sys::LastError("ftruncate").Text()));
  }
  RunWriter writer(run.id, run.folder, std::move(file));
  writer.digest_.Add(std::string_view(records).substr(0, whole));
  writer.size_ = static_cast<int64_t>(whole);
  for (size_t i = 0; i < whole; ++i) writer.lines_ += records[i] == '\n' ? 1 : 0;
  return writer;
}

void RunWriter::Append(const std::string& line) {
  const std::string text = line + "\n";
  const sys::Result<void> written = sys::WriteAll(file_.Get(), text.data(), text.size());
  if (!written) {
    // A half-written line is no record: take it off again so that the file stays whole.
    (void)::ftruncate(file_.Get(), static_cast<off_t>(size_));
    throw RecordFailure(
        sys::ExitCode::kLost,
        fmt::format("cannot write to {}: {}; the {} records before it are kept: free "
                    "some space, then ./run.sh run --resume {}",
                    (folder_ / kRecordsFile).string(), written.Failure().Text(), lines_, id_));
  }
  digest_.Add(text);
  size_ += static_cast<int64_t>(text.size());
  ++lines_;
}

void RunWriter::Add(const Cell& cell) { Append(EncodeCell(cell)); }
void RunWriter::Add(const Slice& slice) { Append(EncodeSlice(slice)); }
void RunWriter::Add(const Skip& skip) { Append(EncodeSkip(skip)); }
void RunWriter::Add(const Refused& refused) { Append(EncodeRefused(refused)); }
void RunWriter::Add(const Test& test) { Append(EncodeTest(test)); }
void RunWriter::AddKernelConfig(const std::string& sha256, const KernelConfig& config) {
  Append(EncodeKernelConfig(sha256, config));
}
void RunWriter::Add(const Loss& loss) { Append(EncodeLoss(loss)); }

void RunWriter::Finish() {
  Append(EncodeEnd(lines_, digest_.Hex()));
  if (::fdatasync(file_.Get()) != 0) {
    sys::ThrowLost(fmt::format("cannot sync {}: {}", (folder_ / kRecordsFile).string(),
                               sys::LastError("fdatasync").Text()));
  }
}

}  // namespace procmark::store

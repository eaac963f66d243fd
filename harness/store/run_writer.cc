#include "harness/store/run_writer.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "harness/store/record.h"
#include "harness/sys/proc_stat.h"

namespace procmark::store {
namespace {

std::string NewId(std::time_t now) {
  uint16_t salt = 0;
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) salt = static_cast<uint16_t>(::getpid());
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:04x}", fmt::gmtime(now), salt);
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
  RunWriter writer(run.id, folder, std::move(file));
  writer.Append(EncodeRun(run));
  return writer;
}

RunWriter RunWriter::Resume(const Run& run) {
  if (run.complete) {
    sys::ThrowUsage(fmt::format("run {} is complete: there is nothing to resume", run.id));
  }
  const std::filesystem::path path = run.folder / kRecordsFile;
  sys::Result<std::string> text = sys::ReadSmallFile(path.string());
  sys::Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!text || !file.Valid()) {
    sys::ThrowLost(fmt::format("cannot open {}: {}", path.string(), sys::LastError("open").Text()));
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

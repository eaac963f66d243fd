// SPDX-License-Identifier: MIT
#include "images/host/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/temp_dir.h"
#include "harness/sys/text.h"
#include "images/host/manifest.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kContent = "content";
constexpr const char* kAbout = "about.json";
constexpr const char* kUsed = "used";  // its modification time is the slot's last use
constexpr const char* kStaging = "staging";
constexpr const char* kPartial = ".partial";  // ".KEY.partial": a slot that is being made
constexpr const char* kGone = ".gone";        // ".KEY.gone": a slot that is being removed
constexpr int64_t kSpareSeconds = 3600;
constexpr std::chrono::hours kStagingLife{24};

[[noreturn]] void ThrowErrno(const fs::path& path, const char* what, int error) {
  if (error == ENOSPC || error == EDQUOT) ThrowDiskFull(path);
  sys::ThrowLost(fmt::format("the cache cannot {} {}: {}; set PROCMARK_CACHE to a folder of yours",
                             what, path.string(), std::generic_category().message(error)));
}

void MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowErrno(folder, "make the folder", error.value());
}

void WriteFile(const fs::path& path, const std::string& text) {
  const sys::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.Valid()) ThrowErrno(path, "write", errno);
  const sys::Result<void> written = sys::WriteAll(file.Get(), text.data(), text.size());
  if (!written) ThrowErrno(path, "write", written.Failure().error_number);
}

void Touch(const fs::path& slot) {
  // A cache that others own can be read all the same: the failure is harmless.
  const sys::Fd file(::open((slot / kUsed).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (file.Valid()) ::futimens(file.Get(), nullptr);
}

void RemoveTree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) ThrowErrno(path, "remove", error.value());
}

void Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) ThrowErrno(to, "put in place", error.value());
}

// Out of sight by one rename first, so that an interruption leaves no half slot.
void RemoveSlot(const fs::path& slot) {
  const fs::path gone = slot.parent_path() / fmt::format(".{}{}", slot.filename().string(), kGone);
  RemoveTree(gone);
  Rename(slot, gone);
  RemoveTree(gone);
}

int64_t BytesUnder(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code ignored;  // files may vanish while we look
  for (fs::recursive_directory_iterator at(folder, ignored), end; at != end;
       at.increment(ignored)) {
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) == 0) bytes += int64_t{status.st_blocks} * 512;
  }
  return bytes;
}

// In seconds since the epoch; 0 when that is not known.
int64_t UsedAt(const fs::path& slot) {
  struct stat used {};
  return ::stat((slot / kUsed).c_str(), &used) == 0 ? int64_t{used.st_mtime} : 0;
}

// The about.json of a slot; nothing when it is absent or no JSON.
std::optional<Json> ReadAbout(const fs::path& slot) {
  sys::Result<std::string> text = sys::ReadSmallFile((slot / kAbout).string());
  if (!text) return std::nullopt;
  Json json = Json::parse(text.Value(), nullptr, false);
  if (!json.is_object() || !json.contains("about") || !json.contains("files")) return std::nullopt;
  return json;
}

std::string Damage(const fs::path& slot, const std::optional<Json>& about) {
  if (!about) return std::string(kAbout) + " is missing or broken";
  try {
    return FirstDifference(slot / kContent, about->at("files").get<Manifest>());
  } catch (const Json::exception&) {
    return std::string(kAbout) + " is broken";
  }
}

bool IsDenied(int error) { return error == EACCES || error == EPERM || error == EROFS; }

// An invalid descriptor for a lock that does not exist yet in a cache that this user cannot write.
sys::Fd OpenLock(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error && !IsDenied(error.value())) {
    ThrowErrno(file.parent_path(), "make the folder", error.value());
  }
  sys::Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.Valid()) return lock;
  if (!IsDenied(errno) && !error) ThrowErrno(file, "open", errno);
  return sys::Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

const char* Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

std::optional<FileLock> FileLock::TryAcquire(const fs::path& file) {
  sys::Fd lock = OpenLock(file);
  if (!lock.Valid() || ::flock(lock.Get(), LOCK_EX | LOCK_NB) == 0)
    return FileLock(std::move(lock));
  if (errno == EWOULDBLOCK) return std::nullopt;
  ThrowErrno(file, "lock", errno);
}

FileLock FileLock::Acquire(const fs::path& file) {
  if (std::optional<FileLock> lock = TryAcquire(file)) return std::move(*lock);
  std::fprintf(stderr, "waiting for another procmark that holds %s\n", file.filename().c_str());
  sys::Fd lock = OpenLock(file);
  while (lock.Valid() && ::flock(lock.Get(), LOCK_EX) != 0) {
    if (errno != EINTR) ThrowErrno(file, "lock", errno);
  }
  return FileLock(std::move(lock));
}

Cache::Cache(fs::path root, int64_t limit_bytes)
    : root_(std::move(root)), limit_bytes_(limit_bytes) {}

Cache Cache::FromEnvironment() {
  fs::path root;
  if (const char* own = Environment("PROCMARK_CACHE")) {
    root = own;
  } else if (const char* shared = Environment("XDG_CACHE_HOME")) {
    root = fs::path(shared) / "procmark";
  } else if (const char* home = Environment("HOME")) {
    root = fs::path(home) / ".cache" / "procmark";
  } else {
    sys::ThrowUsage("neither PROCMARK_CACHE nor HOME is set: set PROCMARK_CACHE to a folder");
  }
  const char* limit = Environment("PROCMARK_CACHE_LIMIT");
  Cache cache(fs::absolute(root), limit != nullptr ? ParseBytes(limit) : kDefaultCacheBytes);
  cache.SweepLeftovers();
  return cache;
}

void Cache::SweepLeftovers() const {
  std::error_code ignored;
  for (const char* kind : kSlotKinds) {
    std::vector<std::pair<std::string, fs::path>> leftovers;  // the slot's key, and what is left
    for (const fs::directory_entry& entry : fs::directory_iterator(root_ / kind, ignored)) {
      std::string name = entry.path().filename().string();
      for (const char* ending : {kPartial, kGone}) {
        if (!name.starts_with('.') || !name.ends_with(ending)) continue;
        const size_t around = 1 + std::strlen(ending);
        leftovers.emplace_back(name.substr(1, name.size() - around), entry.path());
      }
    }
    for (const auto& [key, path] : leftovers) {
      // Its maker, or who prunes it, holds the lock.
      const auto lock = FileLock::TryAcquire(LockPath(kind, key));
      if (lock) fs::remove_all(path, ignored);
    }
  }
  sys::TempDir::SweepIn(root_ / kStaging);
}

fs::path Cache::SlotPath(const std::string& kind, const std::string& key) const {
  return root_ / kind / key;
}
fs::path Cache::LockPath(const std::string& kind, const std::string& key) const {
  return root_ / "locks" / (kind + "-" + key + ".lock");
}
fs::path Cache::FolderOf(const std::string& kind, const std::string& key) const {
  return SlotPath(kind, key) / kContent;
}
fs::path Cache::UseLockOf(const std::string& kind, const std::string& key) const {
  return root_ / "locks" / (kind + "-" + key + ".use");
}
FileLock Cache::Lock(const std::string& kind, const std::string& key) const {
  return FileLock::Acquire(LockPath(kind, key));
}

std::optional<Slot> Cache::Find(const std::string& kind, const std::string& key) const {
  const fs::path slot = SlotPath(kind, key);
  if (!fs::exists(slot)) return std::nullopt;
  const std::optional<Json> about = ReadAbout(slot);
  const std::string damage = Damage(slot, about);
  if (!damage.empty()) {
    std::fprintf(stderr, "cache: %s %s is damaged (%s) and is made again\n", kind.c_str(),
                 key.c_str(), damage.c_str());
    RemoveSlot(slot);
    return std::nullopt;
  }
  Touch(slot);
  return Slot{kind, key, slot / kContent, about->at("about")};
}

Slot Cache::Publish(const std::string& kind, const std::string& key, const Fill& fill) const {
  const fs::path slot = SlotPath(kind, key);
  const fs::path partial = slot.parent_path() / fmt::format(".{}{}", key, kPartial);
  RemoveTree(partial);  // of a run that was interrupted
  MakeFolder(partial / kContent);
  Json about;
  try {
    about = fill(partial / kContent);
    const Json noted = {{"about", about}, {"files", HashFolder(partial / kContent)}};
    WriteFile(partial / kAbout, noted.dump(1) + "\n");
    Touch(partial);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    ThrowErrno(partial, "fill", error.code().value());
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
  if (fs::exists(slot)) RemoveSlot(slot);
  Rename(partial, slot);
  Prune(limit_bytes_, kSpareSeconds);
  return Slot{kind, key, slot / kContent, about};
}

fs::path Cache::MutableFolder(const std::string& kind, const std::string& key) const {
  const fs::path slot = SlotPath(kind, key);
  MakeFolder(slot / kContent);
  Touch(slot);
  return slot / kContent;
}

std::vector<Cache::Usage> Cache::List() const {
  std::vector<Usage> slots;
  for (const char* kind : kSlotKinds) {
    std::error_code absent;
    for (const fs::directory_entry& entry : fs::directory_iterator(root_ / kind, absent)) {
      const std::string key = entry.path().filename().string();
      if (key.starts_with(".")) continue;
      slots.push_back({kind, key, BytesUnder(entry.path()), UsedAt(entry.path())});
    }
  }
  std::sort(slots.begin(), slots.end(), [](const Usage& a, const Usage& b) {
    return std::tie(a.used_at_seconds, a.kind, a.key) < std::tie(b.used_at_seconds, b.kind, b.key);
  });
  return slots;
}

fs::path Cache::StagingFolder() const {
  const fs::path staging = root_ / kStaging;
  MakeFolder(staging);
  const auto old = fs::file_time_type::clock::now() - kStagingLife;
  std::error_code ignored;  // another procmark may be cleaning up too
  for (const fs::directory_entry& entry : fs::directory_iterator(staging, ignored)) {
    if (entry.last_write_time(ignored) < old) fs::remove_all(entry.path(), ignored);
  }
  return staging;
}

std::vector<Cache::Usage> Cache::Prune(int64_t limit_bytes, int64_t spare_seconds) const {
  const std::vector<Usage> slots = List();
  int64_t total = 0;
  for (const Usage& slot : slots) total += slot.bytes;
  std::vector<Usage> removed;
  for (const Usage& slot : slots) {
    if (total <= limit_bytes) break;
    if (spare_seconds > 0 && slot.used_at_seconds > ::time(nullptr) - spare_seconds) continue;
    const std::optional<FileLock> lock = FileLock::TryAcquire(LockPath(slot.kind, slot.key));
    const std::optional<FileLock> use = FileLock::TryAcquire(UseLockOf(slot.kind, slot.key));
    if (!lock || !use) continue;
    const fs::path path = SlotPath(slot.kind, slot.key);
    if (!fs::exists(path)) {  // another procmark was quicker
      total -= slot.bytes;
      continue;
    }
    if (UsedAt(path) != slot.used_at_seconds) continue;  // it was used since it was listed
    RemoveSlot(path);
    total -= slot.bytes;
    removed.push_back(slot);
  }
  return removed;
}

std::vector<std::string> Cache::Verify() const {
  std::vector<std::string> sentences;
  for (const Usage& usage : List()) {
    if (usage.kind == "apt") continue;  // changes in place; apt checks its signatures on each use
    const fs::path slot = SlotPath(usage.kind, usage.key);
    const std::string damage = Damage(slot, ReadAbout(slot));
    if (!damage.empty()) {
      sentences.push_back(fmt::format("{} {} is damaged: {}", usage.kind, usage.key, damage));
    }
  }
  return sentences;
}

int64_t ParseBytes(const std::string& text) {
  if (const std::optional<int64_t> bytes = sys::ParseBytes(text)) return *bytes;
  sys::ThrowUsage(
      fmt::format("'{}' is not a size: write bytes, or a number with K, M, G or T", text));
}

void RequireFreeBytes(const fs::path& folder, int64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) ThrowErrno(folder, "measure", error.value());
  if (space.available < static_cast<uintmax_t>(bytes)) ThrowDiskFull(folder);
}

void ThrowDiskFull(const fs::path& folder) {
  sys::ThrowLost(
      fmt::format("the disk that holds {} is full or nearly so: free some space, lower "
                  "PROCMARK_CACHE_LIMIT, or "
                  "set PROCMARK_CACHE to another disk",
                  folder.string()));
}

}  // namespace procmark::images

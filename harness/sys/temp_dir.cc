// SPDX-License-Identifier: MIT
#include "harness/sys/temp_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace procmark::sys {
namespace {

namespace fs = std::filesystem;

// Another name than that of the folders without a lock: those have no sign of life.
constexpr const char* kOwned = "procmark.";

fs::path DefaultParent() {
  const char* parent = std::getenv("TMPDIR");
  return parent != nullptr && *parent != '\0' ? parent : "/tmp";
}

Fd OpenFolder(const fs::path& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool IsStillAt(const Fd& folder, const fs::path& path) {
  struct stat open {};
  struct stat there {};
  return ::fstat(folder.Get(), &open) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

}  // namespace

Result<TempDir> TempDir::Create() { return CreateIn(DefaultParent()); }

Result<TempDir> TempDir::CreateIn(const fs::path& parent) {
  std::string name = (parent / "procmark-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return LastError("mkdtemp");
  return TempDir(name);
}

Result<TempDir> TempDir::CreateOwned() { return CreateOwnedIn(DefaultParent()); }

Result<TempDir> TempDir::CreateOwnedIn(const fs::path& parent) {
  SweepIn(parent);
  while (true) {
    std::string name = (parent / (std::string(kOwned) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) return LastError("mkdtemp");
    Fd lock = OpenFolder(name);
    if (!lock.Valid() && errno != ENOENT) return LastError("open");
    while (lock.Valid() && ::flock(lock.Get(), LOCK_EX) != 0 && errno == EINTR) {
    }
    // Another process may have swept it before it was locked.
    if (lock.Valid() && IsStillAt(lock, name)) return TempDir(name, std::move(lock));
  }
}

void TempDir::SweepIn(const fs::path& parent) {
  std::error_code ignored;
  for (fs::directory_iterator at(parent, ignored), end; at != end; at.increment(ignored)) {
    const fs::path& path = at->path();
    if (!path.filename().string().starts_with(kOwned)) continue;
    const Fd folder = OpenFolder(path);
    struct stat status {};
    if (!folder.Valid() || ::fstat(folder.Get(), &status) != 0) continue;
    if (status.st_uid != ::geteuid() || ::flock(folder.Get(), LOCK_EX | LOCK_NB) != 0) continue;
    fs::remove_all(path, ignored);
  }
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace procmark::sys

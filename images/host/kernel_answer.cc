// SPDX-License-Identifier: MIT
#include "images/host/kernel_answer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLivesSeconds = 24 * 3600;
// Of an answer that some suite had no part in: it may know a newer kernel.
constexpr int64_t kPartialLivesSeconds = 3600;

}  // namespace

std::string KernelAnswer::Key() const {
  sys::Result<std::string> key = sys::ReadSmallFile(file_.string());
  return key ? std::move(key).Value() : "";
}

bool KernelAnswer::Fresh() const {
  struct stat status {};
  return ::stat(file_.c_str(), &status) == 0 && ::time(nullptr) - status.st_mtime < kLivesSeconds;
}

void KernelAnswer::Note(const std::string& key, bool whole) const {
  std::error_code ignored;
  fs::create_directories(file_.parent_path(), ignored);
  const fs::path fresh = file_.string() + ".new";
  {
    const sys::Fd out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!out.Valid() || !sys::WriteAll(out.Get(), key.data(), key.size())) return;
  }
  if (!whole) {
    const timespec then{::time(nullptr) - kLivesSeconds + kPartialLivesSeconds, 0};
    const timespec times[2] = {then, then};
    if (::utimensat(AT_FDCWD, fresh.c_str(), times, 0) != 0) return;
  }
  fs::rename(fresh, file_, ignored);
}

}  // namespace procmark::images

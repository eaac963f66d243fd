// SPDX-License-Identifier: MIT
// open, write, opendir.
#include "conformance/vocabulary/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::conformance {

std::string TextOf(const std::string& path) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  return text ? std::move(text).Value() : std::string();
}

int WriteText(const std::string& path, const std::string& text) {
  const sys::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC));
  if (!file.Valid()) return errno;
  return ::write(file.Get(), text.data(), text.size()) < 0 ? errno : 0;
}

long ValueIn(const std::string& text, const std::string& key, long absent) {
  for (const std::string& line : sys::Split(text, '\n')) {
    if (!line.starts_with(key)) continue;
    const size_t start = line.find_first_not_of(": \t", key.size());
    if (start == key.size() || start == std::string::npos) continue;  // a longer key, or no value
    const size_t end = line.find_first_of(" \t", start);
    const std::optional<long> value = sys::ParseNumber<long>(line.substr(start, end - start));
    if (value) return *value;
  }
  return absent;
}

std::optional<std::vector<std::string>> NamesIn(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), ::closedir);
  if (opened == nullptr) return {};
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
#include "harness/sys/proc_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "harness/sys/fd.h"
#include "harness/sys/text.h"

namespace procmark::sys {

Result<std::string> ReadSmallFile(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.Valid()) return LastError("open");
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = ::read(file.Get(), buffer.data(), buffer.size());
    if (got < 0) {
      if (errno == EINTR) continue;
      return LastError("read");
    }
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

Result<ProcStat> ProcStat::Parse(std::string_view text) {
  const Error malformed{"parse of /proc/PID/stat", EBADMSG};
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
      close + 3 >= text.size()) {
    return malformed;
  }
  ProcStat stat;
  const std::optional<pid_t> pid = ParseNumber<pid_t>(text.substr(0, open > 0 ? open - 1 : 0));
  if (!pid) return malformed;
  stat.pid = *pid;
  stat.comm = std::string(text.substr(open + 1, close - open - 1));
  stat.state = text[close + 2];
  stat.fields.assign(4, 0);
  std::string_view rest = text.substr(close + 3);
  while (true) {
    const size_t start = rest.find_first_not_of(" \n");
    if (start == std::string_view::npos) break;
    rest.remove_prefix(start);
    const size_t end = rest.find_first_of(" \n");
    const std::string_view word = rest.substr(0, end);
    // Unsigned fields (addresses, rsslim) may exceed int64: keep their bits.
    const bool negative = word.starts_with('-');
    const auto magnitude = ParseNumber<uint64_t>(word.substr(negative ? 1 : 0));
    if (!magnitude) return malformed;
    stat.fields.push_back(static_cast<int64_t>(negative ? 0 - *magnitude : *magnitude));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end);
  }
  return stat;
}

Result<ProcStat> ProcStat::Read(pid_t pid) {
  Result<std::string> text = ReadSmallFile("/proc/" + std::to_string(pid) + "/stat");
  if (!text) return text.Failure();
  return Parse(text.Value());
}

Result<ProcStat> ProcStat::ReadThread(pid_t pid, pid_t tid) {
  Result<std::string> text =
      ReadSmallFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/stat");
  if (!text) return text.Failure();
  return Parse(text.Value());
}

Result<std::string> ReadProcStatus(pid_t pid, std::string_view name) {
  Result<std::string> text = ReadSmallFile("/proc/" + std::to_string(pid) + "/status");
  if (!text) return text.Failure();
  std::string_view rest = text.Value();
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":")) {
      std::string_view value = line.substr(name.size() + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      return std::string(value);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return Error{"/proc/PID/status line", ENODATA};
}

}  // namespace procmark::sys

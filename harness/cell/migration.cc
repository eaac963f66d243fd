// SPDX-License-Identifier: MIT
#include "harness/cell/migration.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"

namespace procmark::cell {
namespace {

using Json = nlohmann::json;

// vmstate_globalstate: the length with its final zero, big-endian, then a buffer of 100 bytes.
constexpr std::string_view kDebug("\0\0\0\6debug\0\0", 11);
constexpr std::string_view kPaused("\0\0\0\7paused\0", 11);

// A migration stream in memory.
class StateFile {
 public:
  StateFile() : file_(::memfd_create("procmark-state", MFD_CLOEXEC)) {
    if (!file_.Valid()) sys::ThrowLost("cannot make a memfd: " + sys::LastError("memfd").Text());
  }
  explicit StateFile(const std::string& content) : StateFile() {
    const sys::Result<void> written = sys::WriteAll(file_.Get(), content.data(), content.size());
    if (!written) sys::ThrowLost("cannot write a memfd: " + written.Failure().Text());
    ::lseek(file_.Get(), 0, SEEK_SET);
  }
  int Get() const { return file_.Get(); }

  std::string Content() const {
    std::string content;
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = ::pread(file_.Get(), buffer.data(), buffer.size(),
                          static_cast<off_t>(content.size()))) > 0) {
      content.append(buffer.data(), static_cast<size_t>(got));
    }
    if (got < 0) sys::ThrowLost("cannot read a memfd: " + sys::LastError("pread").Text());
    return content;
  }

 private:
  sys::Fd file_;
};

void SetCapabilities(Qmp& monitor) {
  const Json wanted = {{{"capability", "x-ignore-shared"}, {"state", true}},
                       {{"capability", "events"}, {"state", true}}};
  (void)monitor.Command("migrate-set-capabilities", {{"capabilities", wanted}});
}

void Migrate(Qmp& monitor, const char* command, const StateFile& file) {
  SetCapabilities(monitor);
  (void)monitor.Command("getfd", {{"fdname", "state"}}, file.Get());
  (void)monitor.Command(command, {{"uri", "fd:state"}});
  if (monitor.AwaitMigration() == "failed") {
    sys::ThrowLost(std::string("QEMU fails to ") + command);
  }
}

}  // namespace

std::string SaveState(Qmp& monitor) {
  const StateFile file;
  Migrate(monitor, "migrate", file);
  return AsPaused(file.Content());
}

void LoadState(Qmp& monitor, const std::string& state) {
  const StateFile file(state);
  Migrate(monitor, "migrate-incoming", file);
}

std::string AsPaused(std::string state) {
  const size_t at = state.find(kDebug);
  if (at == std::string::npos || state.find(kDebug, at + 1) != std::string::npos) {
    sys::ThrowLost("this QEMU's migration stream does not name its run state as expected");
  }
  return state.replace(at, kPaused.size(), kPaused);
}

}  // namespace procmark::cell

#include "harness/cell/qmp.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace procmark::cell {

bool Qmp::Handle() {
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t got = ::recv(socket_.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    pending_.append(buffer.data(), static_cast<size_t>(got));
    size_t end = 0;
    while ((end = pending_.find('\n')) != std::string::npos) {
      Line(std::string_view(pending_).substr(0, end));
      pending_.erase(0, end + 1);
    }
    if (pending_.size() > kMostPending) return false;
  }
}

void Qmp::Line(std::string_view line) {
  const nlohmann::json message = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return;
  if (message.contains("QMP")) {
    Send(R"({"execute":"qmp_capabilities"})");
    Send(R"({"execute":"cont"})");
    return;
  }
  const std::string event = message.value("event", "");
  if (event == "GUEST_PANICKED") guest_panicked_ = true;
  if (event == "SHUTDOWN" && message.contains("data")) {
    shutdown_reason_ = message["data"].value("reason", "unknown");
  }
}

void Qmp::Send(std::string_view command) {
  const std::string line = std::string(command) + "\n";
  // A QEMU that is gone is seen by the next Handle().
  (void)::send(socket_.Get(), line.data(), line.size(), MSG_NOSIGNAL);
}

}  // namespace procmark::cell

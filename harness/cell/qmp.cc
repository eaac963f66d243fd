// SPDX-License-Identifier: MIT
#include "harness/cell/qmp.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cell {
namespace {

using Json = nlohmann::json;

// With all that a loaded machine can add.
constexpr long long kAnswerMs = 120'000;
// What QEMU says may be recorded and shown.
constexpr size_t kLongestText = 400;

void SendLine(int socket, std::string line, int fd) {
  line += '\n';
  iovec text{line.data(), line.size()};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
  }
  // A QEMU that is gone is seen by the next read.
  (void)::sendmsg(socket, &message, MSG_NOSIGNAL);
}

// The text at `key`; `otherwise` where `json` is no object, or has no text there.
std::string TextAt(const Json& json, const char* key, const char* otherwise) {
  if (!json.is_object()) return otherwise;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return otherwise;
  return found->get_ref<const std::string&>().substr(0, kLongestText);
}

}  // namespace

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
    if (Babbles()) return false;
  }
}

void Qmp::Line(std::string_view line) {
  const Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return;
  if (!message.contains("event")) {
    answers_.emplace_back(line);
    answers_bytes_ += line.size();
    return;
  }
  const std::string event = TextAt(message, "event", "");
  const Json data = message.value("data", Json::object());
  if (event == "GUEST_PANICKED") guest_panicked_ = true;
  if (event == "MIGRATION") migration_ = TextAt(data, "status", "unknown");
  if (event == "SHUTDOWN") shutdown_reason_ = TextAt(data, "reason", "unknown");
}

Qmp::Greeting Qmp::AwaitAnswer(sys::Deadline deadline, std::string& line) {
  while (answers_.empty()) {
    if (!sys::Interrupt::AwaitReadable(PollFd(), deadline)) return Greeting::kSilent;
    if (!Handle() && answers_.empty()) return Greeting::kGone;
  }
  line = answers_.front();
  answers_.erase(answers_.begin());
  answers_bytes_ -= line.size();
  return Greeting::kGreeted;
}

Qmp::Greeting Qmp::Greet(sys::Deadline deadline) {
  std::string line;
  const Greeting greeting = AwaitAnswer(deadline, line);
  if (greeting != Greeting::kGreeted) return greeting;
  SendLine(socket_.Get(), R"({"execute":"qmp_capabilities"})", -1);
  return AwaitAnswer(deadline, line);
}

Json Qmp::Command(std::string_view name, const Json& arguments, int fd) {
  SendLine(socket_.Get(), Json{{"execute", name}, {"arguments", arguments}}.dump(), fd);
  std::string line;
  if (AwaitAnswer(sys::Deadline::After(kAnswerMs), line) != Greeting::kGreeted) {
    sys::ThrowLost(fmt::format("QEMU does not answer {}", name));
  }
  Json answer = Json::parse(line);
  if (answer.contains("error")) {
    sys::ThrowLost(fmt::format("QEMU refuses {}: {}", name,
                               TextAt(answer["error"], "desc", "no reason given")));
  }
  return answer.value("return", Json::object());
}

std::string Qmp::AwaitMigration() {
  const sys::Deadline deadline = sys::Deadline::After(kAnswerMs);
  while (migration_ != "completed" && migration_ != "failed") {
    if (!sys::Interrupt::AwaitReadable(PollFd(), deadline) || !Handle()) {
      sys::ThrowLost("QEMU does not end a migration");
    }
  }
  return migration_;
}

}  // namespace procmark::cell

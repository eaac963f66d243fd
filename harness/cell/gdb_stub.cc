// SPDX-License-Identifier: MIT
#include "harness/cell/gdb_stub.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"

namespace procmark::cell {
namespace {

// QEMU answers from its main loop at once; a loaded machine may keep it from running.
constexpr long long kAnswerMs = 60'000;
// A packet of QEMU's stub holds 4096 characters, and memory goes in hexadecimal.
constexpr size_t kBytesPerWrite = 1024;
constexpr size_t kLongestAnswer = 1 << 16;

}  // namespace

std::string GdbPacket(std::string_view payload) {
  unsigned sum = 0;
  for (const char byte : payload) sum += static_cast<unsigned char>(byte);
  return fmt::format("${}#{:02x}", payload, sum & 0xff);
}

void GdbStub::Send(std::string_view payload) {
  const std::string packet = GdbPacket(payload);
  const ssize_t sent = ::send(socket_.Get(), packet.data(), packet.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(packet.size())) {
    sys::ThrowLost("QEMU's debugger hung up: " + sys::LastError("send").Text());
  }
}

std::string GdbStub::Receive() {
  const sys::Deadline deadline = sys::Deadline::After(kAnswerMs);
  while (!HasAnswer()) {
    if (!sys::Interrupt::AwaitReadable(PollFd(), deadline)) {
      sys::ThrowLost("QEMU's debugger does not answer");
    }
    if (hung_up_) sys::ThrowLost("QEMU's debugger hung up");
  }
  const size_t start = pending_.find('$');
  const size_t end = pending_.find('#', start);
  std::string payload = pending_.substr(start + 1, end - start - 1);
  pending_.erase(0, end + 3);
  (void)::send(socket_.Get(), "+", 1, MSG_NOSIGNAL);
  return payload;
}

bool GdbStub::HasAnswer() {
  std::array<char, 4096> buffer;
  const ssize_t got = ::recv(socket_.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) pending_.append(buffer.data(), static_cast<size_t>(got));
  if (got == 0) hung_up_ = true;
  if (pending_.size() > kLongestAnswer) sys::ThrowLost("QEMU's debugger babbles");
  const size_t start = pending_.find('$');
  const size_t end = start == std::string::npos ? start : pending_.find('#', start);
  return end != std::string::npos && end + 2 < pending_.size();
}

void GdbStub::Command(std::string_view payload) {
  Send(payload);
  const std::string answer = Receive();
  if (answer == "OK") return;
  sys::ThrowLost(fmt::format("QEMU's debugger refuses {}: '{}'", payload.substr(0, 24), answer));
}

void GdbStub::SetBreakpoint(uint64_t address) { Command(fmt::format("Z1,{:x},1", address)); }

void GdbStub::ClearBreakpoint(uint64_t address) { Command(fmt::format("z1,{:x},1", address)); }

void GdbStub::Continue() { Send("c"); }

bool GdbStub::TakeStop() {
  const std::string answer = Receive();
  if (answer.starts_with("T05") || answer.starts_with("S05")) return true;
  if (answer.starts_with("W") || answer.starts_with("X")) return false;
  sys::ThrowLost("the guest stopped, but not at the breakpoint: " + answer);
}

void GdbStub::Write(uint64_t address, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, std::min(bytes.size(), kBytesPerWrite));
    std::string payload = fmt::format("M{:x},{:x}:", address, part.size());
    for (const char byte : part) {
      payload += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    Command(payload);
    address += part.size();
    bytes.remove_prefix(part.size());
  }
}

void GdbStub::Detach() { Command("D"); }

}  // namespace procmark::cell

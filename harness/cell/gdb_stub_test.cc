// SPDX-License-Identifier: MIT
// GdbStub against the other end of its socket pair, played by the test.
#include "harness/cell/gdb_stub.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

struct Wire {
  sys::Fd qemu;
  GdbStub stub;
  static Wire Make() {
    int pair[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    return Wire{sys::Fd(pair[0]), GdbStub(sys::Fd(pair[1]))};
  }
  // Answers wait in the socket before they are asked for.
  void Answer(const std::string& text) {
    ASSERT_EQ(::send(qemu.Get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  std::string Said() {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(qemu.Get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<size_t>(got));
  }
};

TEST(GdbStub, APacketCarriesItsChecksum) {
  EXPECT_EQ(GdbPacket("c"), "$c#63");
  EXPECT_EQ(GdbPacket("OK"), "$OK#9a");
}

TEST(GdbStub, SetsABreakpointAndAcknowledges) {
  Wire wire = Wire::Make();
  wire.Answer("+$OK#9a");
  wire.stub.SetBreakpoint(0x401000);
  EXPECT_EQ(wire.Said(), GdbPacket("Z1,401000,1") + "+");
}

TEST(GdbStub, WritesLongMemoryInParts) {
  Wire wire = Wire::Make();
  wire.Answer("+$OK#9a+$OK#9a");
  wire.stub.Write(0x1000, std::string(1025, 'A'));
  const std::string said = wire.Said();
  EXPECT_NE(said.find("$M1000,400:4141"), std::string::npos);
  EXPECT_NE(said.find("$M1400,1:41#"), std::string::npos);
}

TEST(GdbStub, AnErrorIsAComplaint) {
  Wire wire = Wire::Make();
  wire.Answer("+$E14#aa");
  EXPECT_THROW(wire.stub.Write(0, "x"), sys::Complaint);
}

TEST(GdbStub, TellsATrapFromAnEndAndFromAnythingElse) {
  Wire wire = Wire::Make();
  wire.Answer("$T05thread:01;#07");
  EXPECT_TRUE(wire.stub.TakeStop());
  wire.Answer("$W00#b7");
  EXPECT_FALSE(wire.stub.TakeStop());
  wire.Answer("$T02#b6");
  EXPECT_THROW(wire.stub.TakeStop(), sys::Complaint);
}

TEST(GdbStub, AQemuThatIsGoneIsAComplaint) {
  Wire wire = Wire::Make();
  wire.qemu.Close();
  EXPECT_THROW(wire.stub.Detach(), sys::Complaint);
}

}  // namespace
}  // namespace procmark::cell

// RunGuest against a fake QEMU: a shell script that speaks on the same descriptors.
#include "harness/cell/guest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace procmark::cell {
namespace {

const std::string kHello =
    R"(echo '{"type":"hello","wire":1,"program":"init","arch":"amd64"}' >&3;)";
const std::string kDone = R"(echo '{"type":"done","program":"init","events":1}' >&3;)";
const std::string kPanic = "echo '[ 9.9] Kernel panic - not syncing: on purpose' >&4;";

std::string Shutdown(const std::string& reason) {
  return R"(echo '{"event":"SHUTDOWN","data":{"guest":true,"reason":")" + reason + R"("}}' >&5;)";
}

GuestOutcome Boot(const std::string& script, GuestLimits limits = {}) {
  return RunGuest({"/bin/sh", "-c", script}, limits, [](const wire::Event&) {});
}

TEST(RunGuest, AGuestThatSaysDoneAndPowersOffIsFine) {
  int events = 0;
  const GuestOutcome outcome =
      RunGuest({"/bin/sh", "-c", kHello + kDone + Shutdown("guest-shutdown")}, {},
               [&](const wire::Event&) { ++events; });
  EXPECT_EQ(outcome.kind, "") << outcome.sentence;
  EXPECT_EQ(events, 2);
}

TEST(RunGuest, StartsAPausedGuestOnceQmpGreets) {
  // The fake greets, then waits for the two commands before it "runs".
  const GuestOutcome outcome =
      Boot(R"(echo '{"QMP":{}}' >&5; read a <&5; read b <&5; case "$b" in *cont*) )" + kHello +
           kDone + Shutdown("guest-shutdown") + " esac");
  EXPECT_EQ(outcome.kind, "") << outcome.sentence;
}

TEST(RunGuest, APanicIsACrashAlthoughQemuExitsZero) {
  const GuestOutcome outcome = Boot(kHello + kPanic + Shutdown("guest-reset"));
  EXPECT_EQ(outcome.kind, "crash");
  EXPECT_NE(outcome.sentence.find("on purpose"), std::string::npos);
  EXPECT_NE(outcome.console_tail.find("on purpose"), std::string::npos);
}

TEST(RunGuest, AResetWithoutAWordIsACrash) {
  EXPECT_EQ(Boot(kHello + Shutdown("guest-reset")).kind, "crash");
}

TEST(RunGuest, APowerOffWithoutDoneIsLost) {
  EXPECT_EQ(Boot(kHello + Shutdown("guest-shutdown")).kind, "lost");
}

TEST(RunGuest, DoneWithoutAShutdownIsLost) { EXPECT_EQ(Boot(kHello + kDone).kind, "lost"); }

TEST(RunGuest, AQemuThatCannotStartIsLostWithItsOwnWords) {
  const GuestOutcome outcome = Boot("echo 'qemu: no such machine' >&2; exit 1");
  EXPECT_EQ(outcome.kind, "lost");
  EXPECT_NE(outcome.sentence.find("no such machine"), std::string::npos);
}

TEST(RunGuest, GarbageIsLost) {
  const GuestOutcome outcome = Boot(kHello + "echo zzz >&3;" + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(outcome.kind, "lost");
  EXPECT_NE(outcome.sentence.find("zzz"), std::string::npos);
}

TEST(RunGuest, SilenceIsATimeout) {
  GuestLimits limits;
  limits.silence_ms = 0;
  const GuestOutcome outcome = Boot("read never <&5", limits);
  EXPECT_EQ(outcome.kind, "timeout");
}

TEST(RunGuest, AFloodIsLostAndBounded) {
  GuestLimits limits;
  limits.most_output_bytes = 1 << 16;
  const GuestOutcome outcome = Boot("while :; do echo xxxxxxxxxxxxxxxx >&4; done", limits);
  EXPECT_EQ(outcome.kind, "lost");
  EXPECT_LE(outcome.console_tail.size(), 4096U);
}

TEST(RunGuest, AnOopsOfALivingKernelIsKept) {
  const GuestOutcome outcome =
      Boot(kHello + "echo 'BUG: sleeping function' >&4;" + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(outcome.kind, "");
  ASSERT_EQ(outcome.kernel_troubles.size(), 1U);
}

}  // namespace
}  // namespace procmark::cell

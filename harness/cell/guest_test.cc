// SPDX-License-Identifier: MIT
// RunGuest against a fake QEMU: a shell script that speaks on the same descriptors.
#include "harness/cell/guest.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "harness/cell/ending.h"
#include "harness/cell/vcpu_places.h"
#include "harness/sys/deadline.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/proc_stat.h"

namespace procmark::cell {
namespace {

const std::string kGreet = R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5;)"
                           R"(read b <&5; echo '{"return":{}}' >&5;)";
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
  EXPECT_EQ(outcome.end, GuestEnd::kDone) << outcome.sentence;
  EXPECT_EQ(events, 2);
}

TEST(RunGuest, StartsAPausedGuestOnceQmpGreets) {
  // The fake greets, then waits for the two commands before it "runs".
  const GuestOutcome outcome = Boot(kGreet + R"(case "$b" in *cont*) )" + kHello + kDone +
                                    Shutdown("guest-shutdown") + " esac");
  EXPECT_EQ(outcome.end, GuestEnd::kDone) << outcome.sentence;
}

TEST(RunGuest, APanicIsACrashAlthoughQemuExitsZero) {
  const GuestOutcome outcome = Boot(kHello + kPanic + Shutdown("guest-reset"));
  EXPECT_EQ(outcome.end, GuestEnd::kCrash);
  EXPECT_NE(outcome.sentence.find("on purpose"), std::string::npos);
  EXPECT_NE(outcome.console_tail.find("on purpose"), std::string::npos);
}

TEST(RunGuest, AResetWithoutAWordIsACrash) {
  EXPECT_EQ(Boot(kHello + Shutdown("guest-reset")).end, GuestEnd::kCrash);
}

TEST(RunGuest, APowerOffWithoutDoneIsLost) {
  EXPECT_EQ(Boot(kHello + Shutdown("guest-shutdown")).end, GuestEnd::kLost);
}

TEST(RunGuest, TheLossOfAGuestNamesWhatItsInitSaid) {
  const std::string words = "echo 'procmark-init: the runner was killed by signal 11' >&4;";
  const GuestOutcome lost = Boot(kHello + words + Shutdown("guest-shutdown"));
  EXPECT_EQ(lost.end, GuestEnd::kLost);
  EXPECT_NE(lost.sentence.find("the runner was killed by signal 11"), std::string::npos)
      << lost.sentence;
  // The runner died in the middle of a line.
  const GuestOutcome cut =
      Boot(kHello + "printf '{\"type' >&3;" + words + Shutdown("guest-shutdown"));
  EXPECT_EQ(cut.end, GuestEnd::kLost);
  EXPECT_NE(cut.sentence.find("the runner was killed by signal 11"), std::string::npos)
      << cut.sentence;
  const GuestOutcome fine = Boot(kHello + words + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(fine.end, GuestEnd::kDone);
  EXPECT_EQ(fine.facts.at("measured.init_said"), "the runner was killed by signal 11");
}

TEST(RunGuest, APowerOffMayBeSilentWhereTheMachineIs) {
  GuestLimits limits;
  limits.silent_power_off = true;
  EXPECT_EQ(Boot(kHello + kDone, limits).end, GuestEnd::kDone);
  EXPECT_EQ(Boot(kHello + kDone + "exit 1", limits).end, GuestEnd::kLost);
  EXPECT_EQ(Boot(kHello, limits).end, GuestEnd::kLost);
}

TEST(RunGuest, DoneWithoutAShutdownIsLost) { EXPECT_EQ(Boot(kHello + kDone).end, GuestEnd::kLost); }

TEST(RunGuest, AQemuThatCannotStartIsLostWithItsOwnWords) {
  const GuestOutcome outcome = Boot("echo 'qemu: no such machine' >&2; exit 1");
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("no such machine"), std::string::npos);
}

TEST(RunGuest, OnlyQemusOwnWordsMakeARefusal) {
  const std::string words = "echo \"qemu: unable to find CPU model 'x'\" >&2;";
  EXPECT_EQ(Boot(words + "exit 1").end, GuestEnd::kRefused);
  EXPECT_NE(Boot("echo 'qemu: cannot allocate memory' >&2; exit 1").end, GuestEnd::kRefused);
  EXPECT_NE(Boot("exit 1").end, GuestEnd::kRefused);
  EXPECT_NE(Boot(words + "kill -9 $$").end, GuestEnd::kRefused);
  EXPECT_NE(Boot(kGreet + words + "exit 1").end, GuestEnd::kRefused);
}

TEST(RunGuest, AQemuThatIsKilledIsLost) {
  const GuestOutcome outcome = Boot(kGreet + kHello + "kill -9 $$");
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("SIGKILL"), std::string::npos) << outcome.sentence;
}

TEST(Judge, AKilledQemuIsSaidToBeThatWhereverItHungUp) {
  Ending ending;
  ending.abandoned = "QEMU's debugger hung up";
  ending.qemu_status = SIGKILL;
  ending.qemu_words = "its last words";
  const GuestOutcome outcome = Judge(ending, ConsoleWatch(), GuestLimits());
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("SIGKILL"), std::string::npos) << outcome.sentence;
  EXPECT_NE(outcome.sentence.find("debugger hung up"), std::string::npos) << outcome.sentence;
  EXPECT_NE(outcome.sentence.find("its last words"), std::string::npos) << outcome.sentence;
}

TEST(RunGuest, AQemuThatDoesNotObeyIsLostWithItsOwnWords) {
  const GuestOutcome outcome =
      Boot(R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5; read b <&5;)"
           R"(echo 'out of luck' >&2; echo '{"error":{"desc":"I will not"}}' >&5; read c <&5)");
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("I will not"), std::string::npos) << outcome.sentence;
  EXPECT_NE(outcome.sentence.find("out of luck"), std::string::npos) << outcome.sentence;
  EXPECT_NE(outcome.end, GuestEnd::kRefused);
}

TEST(RunGuest, ACpuWithoutWhatTheArchitectureNeedsIsRefusedBeforeItRuns) {
  GuestLimits limits;
  limits.needed_cpu = "lm";
  const auto boot = [&limits](const std::string& has) {
    return Boot(R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5; read b <&5;)"
                R"(echo '{"return":[{"qom-path":"/cpu"}]}' >&5; read c <&5; echo '{"return":)" +
                    has + R"(}' >&5; read d <&5; echo '{"return":{}}' >&5;)" + kHello + kDone +
                    Shutdown("guest-shutdown"),
                limits);
  };
  const GuestOutcome without = boot("false");
  EXPECT_EQ(without.end, GuestEnd::kRefused);
  EXPECT_NE(without.sentence.find("'lm'"), std::string::npos) << without.sentence;
  EXPECT_EQ(boot("true").end, GuestEnd::kDone);
}

TEST(RunGuest, AKernelThatRefusesItsCpuIsNoCrash) {
  const std::string words = "echo 'The Linux kernel requires more recent processor hardware' >&4;";
  const std::string panicked = R"(echo '{"event":"GUEST_PANICKED"}' >&5;)";
  const GuestOutcome outcome = Boot(kGreet + words + panicked + Shutdown("guest-panic"));
  EXPECT_EQ(outcome.end, GuestEnd::kRefused);
  EXPECT_NE(outcome.sentence.find("more recent"), std::string::npos) << outcome.sentence;
  EXPECT_NE(Boot(kGreet + kHello + words + panicked + Shutdown("guest-panic")).end,
            GuestEnd::kRefused);
}

TEST(RunGuest, AKvmThatGivesUpIsLostAtOnceWithItsWords) {
  GuestLimits limits;
  limits.silence_ms = 600'000;
  const GuestOutcome outcome =
      Boot(kGreet + kHello + "echo 'KVM internal error. Suberror: 1' >&2; read never <&5", limits);
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("KVM internal error. Suberror: 1"), std::string::npos)
      << outcome.sentence;
}

TEST(RunGuest, GarbageIsLost) {
  const GuestOutcome outcome = Boot(kHello + "echo zzz >&3;" + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_NE(outcome.sentence.find("zzz"), std::string::npos);
}

TEST(RunGuest, SilenceIsATimeout) {
  GuestLimits limits;
  limits.silence_ms = 0;
  const GuestOutcome outcome = Boot("read never <&5", limits);
  EXPECT_EQ(outcome.end, GuestEnd::kTimeout);
}

TEST(RunGuest, AFloodIsLostAndBounded) {
  GuestLimits limits;
  limits.most_output_bytes = 1 << 16;
  const GuestOutcome outcome = Boot(kGreet + "while :; do echo xxxxxxxxxxxxxxxx >&4; done", limits);
  EXPECT_EQ(outcome.end, GuestEnd::kLost);
  EXPECT_LE(outcome.console_tail.size(), 4096U);
}

TEST(RunGuest, AnOopsOfALivingKernelIsKept) {
  const GuestOutcome outcome =
      Boot(kHello + "echo 'BUG: sleeping function' >&4;" + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(outcome.end, GuestEnd::kDone);
  ASSERT_EQ(outcome.kernel_troubles.size(), 1U);
}

TEST(RunGuest, AVcpuIsPinnedToACpuOfItsOwn) {
  if (UsableCpuNumbers().size() < 2) GTEST_SKIP() << "one CPU: there is none to spare";
  // The fake is its own vCPU. It goes on only when it may run on one CPU.
  const std::string script =
      R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5; read b <&5;)"
      R"(echo '{"return":[{"cpu-index":0,"thread-id":'$$'}]}' >&5; read c <&5;)"
      R"(echo '{"return":{}}' >&5; )"
      R"(while read k v; do if [ "$k" = Cpus_allowed_list: ]; then l=$v; fi; done </proc/$$/status;)"
      R"(case "$l" in *[-,]*) exit 1;; esac; )" +
      kHello + kDone + Shutdown("guest-shutdown");
  const GuestOutcome outcome = RunGuest(
      {"/bin/sh", "-c", script}, {}, [](const wire::Event&) {}, /*pinned=*/true);
  EXPECT_EQ(outcome.end, GuestEnd::kDone) << outcome.sentence;
}

// A QEMU whose vCPU is what `answer` says.
GuestOutcome BootPinned(const std::string& answer) {
  const std::string script =
      R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5; read b <&5;)"
      R"(echo '{"return":)" +
      answer + R"(}' >&5; read c <&5; echo '{"return":{}}' >&5; )" + kHello + kDone +
      Shutdown("guest-shutdown");
  return RunGuest(
      {"/bin/sh", "-c", script}, {}, [](const wire::Event&) {}, /*pinned=*/true);
}

TEST(RunGuest, AThreadThatIsNotQemusIsNotPinned) {
  if (UsableCpuNumbers().size() < 2) GTEST_SKIP() << "one CPU: there is none to spare";
  const std::vector<int> before = UsableCpuNumbers();
  const std::string ours = std::to_string(::getpid());
  for (const std::string& thread :
       {ours, std::string("1"), std::string("-1"), std::string("0"), std::string("\"x\""),
        std::string("[1]"), std::string("18446744073709551615"), std::string("1e300")}) {
    const GuestOutcome outcome = BootPinned(R"([{"cpu-index":0,"thread-id":)" + thread + "}]");
    EXPECT_EQ(outcome.end, GuestEnd::kDone) << thread << ": " << outcome.sentence;
    EXPECT_EQ(outcome.facts.at("host.vcpu_cpus"), "any: binding failed") << thread;
  }
  EXPECT_EQ(UsableCpuNumbers(), before);
  for (const char* answer : {"5", "[5]", R"({"thread-id":1})"}) {
    EXPECT_EQ(BootPinned(answer).end, GuestEnd::kDone) << answer;
  }
}

TEST(RunGuest, AnEventOfAnotherShapeEndsNothing) {
  for (const char* line :
       {R"({"event":5})", R"({"event":"SHUTDOWN","data":7})",
        R"({"event":"SHUTDOWN","data":{"reason":[1]}})", R"({"event":"SHUTDOWN"})",
        R"({"event":"MIGRATION","data":{"status":{}}})", R"({"event":null,"data":null})", "[]", "7",
        "{", R"({"event":["SHUTDOWN"]})"}) {
    const GuestOutcome fine =
        Boot(kGreet + "echo '" + line + "' >&5;" + kHello + kDone + Shutdown("guest-shutdown"));
    EXPECT_EQ(fine.end, GuestEnd::kDone) << line << ": " << fine.sentence;
    const GuestOutcome lost = Boot(kGreet + kHello + kDone + "echo '" + line + "' >&5;");
    EXPECT_EQ(lost.end, GuestEnd::kLost) << line;
  }
  const GuestOutcome refused =
      Boot(R"(echo '{"QMP":{}}' >&5; read a <&5; echo '{"return":{}}' >&5; read b <&5;)"
           R"(echo '{"error":7}' >&5; read c <&5)");
  EXPECT_EQ(refused.end, GuestEnd::kLost);
}

TEST(RunGuest, AnswersThatNothingAskedForAreBounded) {
  const GuestOutcome outcome = Boot(kGreet +
                                    R"(i=0; x=$(printf '%65000s'); while [ $i -lt 64 ]; do )"
                                    R"(echo "{\"return\":\"$x\"}" >&5 || exit; i=$((i+1)); done;)" +
                                    kHello + kDone + Shutdown("guest-shutdown"));
  // QEMU is not heard any more after it babbled.
  EXPECT_EQ(outcome.end, GuestEnd::kLost) << outcome.sentence;
}

TEST(RunGuest, AnInterruptIsHeardWhileTheGreetingIsAwaited) {
  EXPECT_EXIT(
      {
        sys::Interrupt::Install();
        ::raise(SIGTERM);
        ::exit(Boot("read never <&5").end == GuestEnd::kInterrupted ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(RunGuest, WhatAWrapperStartedEndsWithIt) {
  const GuestOutcome outcome =
      Boot(kGreet + kHello + "sleep 600 & echo pid=$! >&4;" + kDone + Shutdown("guest-shutdown"));
  EXPECT_EQ(outcome.end, GuestEnd::kDone) << outcome.sentence;
  const size_t at = outcome.console_tail.find("pid=");
  ASSERT_NE(at, std::string::npos) << outcome.console_tail;
  const int left = std::stoi(outcome.console_tail.substr(at + 4));
  // It was sent SIGKILL; the kernel ends it soon.
  const sys::Deadline deadline = sys::Deadline::After(30'000);
  char state = 'R';
  while (state != 'Z' && state != 'X' && !deadline.Expired()) {
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(left);
    state = stat ? stat.Value().state : 'X';
    ::sched_yield();
  }
  EXPECT_TRUE(state == 'Z' || state == 'X') << state;
}

TEST(RunGuest, QemusAddressSpaceIsBounded) {
  const GuestOutcome outcome = Boot(kGreet + "test `ulimit -v` != unlimited && { " + kHello +
                                    kDone + Shutdown("guest-shutdown") + "}");
  EXPECT_EQ(outcome.end, GuestEnd::kDone) << outcome.sentence;
}

}  // namespace
}  // namespace procmark::cell

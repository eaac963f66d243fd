// SPDX-License-Identifier: MIT
#include "harness/cell/ending.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include "harness/cell/refusal.h"
#include "harness/sys/child.h"

namespace procmark::cell {
namespace {

std::string OneLine(const std::string& text) {
  std::string line;
  for (const char byte : text) line += byte == '\n' ? std::string("; ") : std::string(1, byte);
  return line;
}

struct Verdict {
  GuestEnd end = GuestEnd::kDone;
  std::string sentence;
};

// Of a guest that was ended from here, or that broke in a way that shows.
std::optional<Verdict> OfForce(const Ending& ending, const ConsoleWatch& console,
                               const GuestLimits& limits) {
  if (ending.forced == Forced::kInterrupt) {
    return Verdict{GuestEnd::kInterrupted, "the guest was ended by an interrupt"};
  }
  if (ending.forced == Forced::kUnfitCpu) {
    return Verdict{GuestEnd::kRefused,
                   fmt::format("this CPU has no '{}', without which the kernel does not run",
                               limits.needed_cpu)};
  }
  if (console.CpuRefusal() && !ending.hello) {
    return Verdict{GuestEnd::kRefused, "the kernel refuses this CPU: " + *console.CpuRefusal()};
  }
  if (console.Panic() || ending.guest_panicked) {
    return Verdict{GuestEnd::kCrash, "the guest's kernel panicked: " +
                                         console.Panic().value_or("QEMU reports GUEST_PANICKED")};
  }
  switch (ending.forced) {
    case Forced::kFlood:
      return Verdict{GuestEnd::kLost,
                     fmt::format("the guest wrote more than {} bytes and was ended",
                                 limits.most_output_bytes)};
    case Forced::kKvmGaveUp:
      return Verdict{GuestEnd::kLost,
                     "KVM stopped running the guest: " + OneLine(ending.qemu_words)};
    case Forced::kSilence:
      return Verdict{
          GuestEnd::kTimeout,
          fmt::format(
              "the guest said nothing for {} s and was ended{}", limits.silence_ms / 1000,
              ending.hello || !console.TailText().empty() ? "" : "; its kernel never said a word")};
    case Forced::kTotal:
      return Verdict{GuestEnd::kTimeout,
                     fmt::format("the guest did not end within {} s", limits.total_ms / 1000)};
    default:
      return std::nullopt;
  }
}

// Of a guest that ended by itself.
Verdict OfItself(const Ending& ending, const GuestLimits& limits) {
  const std::string& reason = ending.shutdown_reason;
  const std::string words = OneLine(ending.qemu_words);
  if (!ending.abandoned.empty()) {
    const bool killed = ending.qemu_status && WIFSIGNALED(*ending.qemu_status);
    return {GuestEnd::kLost,
            (killed ? "QEMU was " + sys::DescribeWaitStatus(*ending.qemu_status) + ": " : "") +
                ending.abandoned + (words.empty() ? "" : "; QEMU said: " + words)};
  }
  if (ending.garbage > 0) {
    return {GuestEnd::kLost,
            fmt::format("the guest sent {} lines that are not records, the first: {}",
                        ending.garbage, ending.first_garbage)};
  }
  const std::string status =
      ending.qemu_status ? sys::DescribeWaitStatus(*ending.qemu_status) : "not ended";
  if (reason.empty() && ending.qemu_status && WIFSIGNALED(*ending.qemu_status)) {
    return {GuestEnd::kLost, "QEMU was " + status + (words.empty() ? "" : "; QEMU said: " + words)};
  }
  const bool failed = ending.qemu_status && *ending.qemu_status != 0;
  if (!ending.hello && reason.empty()) {
    const bool refused = !ending.greeted && failed && QemuRefuses(ending.qemu_words);
    return {refused ? GuestEnd::kRefused : GuestEnd::kLost,
            fmt::format("QEMU ended ({}) before the guest said a word: {}", status, words)};
  }
  if (reason == "guest-reset") {
    return {GuestEnd::kCrash, "the guest reset itself (a triple fault, or a panic without a word)"};
  }
  if (!ending.done) {
    return {GuestEnd::kLost, "the guest ended without its last record (QEMU says " +
                                 (reason.empty() ? "nothing" : reason) + ")"};
  }
  const bool silently = reason.empty() && ending.qemu_status && !failed && limits.silent_power_off;
  if (!silently && reason != "guest-shutdown") {
    return {GuestEnd::kLost,
            "the guest said done, but QEMU ended by " + (reason.empty() ? "itself" : reason)};
  }
  return {};
}

}  // namespace

std::optional<store::LossKind> LossKindOf(GuestEnd end) {
  switch (end) {
    case GuestEnd::kCrash:
      return store::LossKind::kCrash;
    case GuestEnd::kTimeout:
      return store::LossKind::kTimeout;
    case GuestEnd::kLost:
      return store::LossKind::kLost;
    case GuestEnd::kDone:
    case GuestEnd::kRefused:
    case GuestEnd::kInterrupted:
      return std::nullopt;
  }
  return std::nullopt;
}

GuestOutcome Judge(const Ending& ending, const ConsoleWatch& console, const GuestLimits& limits) {
  const std::optional<Verdict> forced = OfForce(ending, console, limits);
  const Verdict verdict = forced ? *forced : OfItself(ending, limits);
  GuestOutcome outcome;
  outcome.end = verdict.end;
  outcome.sentence = verdict.sentence;
  outcome.facts = ending.facts;
  if (const std::string words = console.InitWords(); !words.empty()) {
    outcome.facts["measured.init_said"] = words;
    if (outcome.end == GuestEnd::kLost || outcome.end == GuestEnd::kTimeout)
      outcome.sentence += "; its init said: " + words;
  }
  outcome.console_tail = console.TailText();
  outcome.kernel_troubles = console.Troubles();
  return outcome;
}

}  // namespace procmark::cell

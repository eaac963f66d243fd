// Boots a guest, takes its records, and says how it ended. Guests are untrusted: their output is
// bounded, their words are validated, their silence has a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/wire/event.h"

namespace procmark::cell {

struct GuestLimits {
  int64_t silence_ms = 180'000;             // no byte on any channel for so long: it hangs
  int64_t total_ms = 1'800'000;             // from start to end
  int64_t most_output_bytes = 256LL << 20;  // records and console together
};

// How a guest ended. `kind` is "" when it said done and powered off, else as store::Loss: crash
// (the kernel panicked), timeout (it hung), lost (it stopped talking, lied, or QEMU failed), or
// "interrupted".
struct GuestOutcome {
  std::string kind;
  std::string sentence;
  std::string console_tail;
  std::vector<std::string> kernel_troubles;  // oopses, BUGs and WARNINGs of a kernel that lived on
};

// Runs `argv` (from QemuArgv with Console::kPipes) to its end. Events come in the guest's order;
// `on_event` may throw, QEMU is then killed and the exception passes through. Whatever happens, no
// QEMU is left. `on_event` sees init's own events and the relayed ones of its programs.
GuestOutcome RunGuest(const std::vector<std::string>& argv, const GuestLimits& limits,
                      const std::function<void(const wire::Event&)>& on_event);

}  // namespace procmark::cell

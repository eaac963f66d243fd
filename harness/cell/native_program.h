// SPDX-License-Identifier: MIT
// Runs one static program on this machine and takes its records off the wire.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/store/run.h"
#include "harness/sys/deadline.h"
#include "harness/wire/event.h"

namespace procmark::cell {

// The descriptor on which a program finds its end of the wire, natively and in a guest.
inline constexpr int kWireFd = 3;

struct ProgramOutcome {
  bool done = false;          // its Done event came, and no event is missing
  bool timed_out = false;     // it was killed at the deadline
  bool interrupted = false;   // it was killed because of an Interrupt
  int status = 0;             // raw wait status
  int64_t garbage = 0;        // lines that were no events
  std::string first_garbage;  // the first of them, explained
  std::string output_tail;    // the end of what it printed on stdout and stderr
};

// How the run of a program is judged as a whole; nothing when all went well.
struct ProgramLoss {
  store::LossKind kind = store::LossKind::kLost;
  std::string sentence;
};
std::optional<ProgramLoss> LossOf(const ProgramOutcome& outcome, const std::string& program);

// Runs argv (with the wire on kWireFd) until it ends or `deadline` passes, handing each event to
// `on_event` as it comes. Nothing of it lives on afterwards. With `stop_on_interrupt` an Interrupt
// kills it; without, the slice in hand is finished first. Throws a lost Complaint when it cannot
// be started.
ProgramOutcome RunNativeProgram(const std::vector<std::string>& argv, sys::Deadline deadline,
                                bool stop_on_interrupt,
                                const std::function<void(const wire::Event&)>& on_event);

}  // namespace procmark::cell

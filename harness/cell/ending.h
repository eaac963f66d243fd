// SPDX-License-Identifier: MIT
// Ending: everything that was seen when a guest ended, and what follows from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/cell/console.h"
#include "harness/cell/guest.h"

namespace procmark::cell {

// Why the harness ended a guest.
enum class Forced { kNo, kInterrupt, kSilence, kTotal, kFlood, kUnfitCpu, kKvmGaveUp };

struct Ending {
  Forced forced = Forced::kNo;
  std::string abandoned;           // Guest::Abandon's reason
  std::optional<int> qemu_status;  // raw wait status of a QEMU that ended by itself
  std::string qemu_words;          // its stderr
  std::string shutdown_reason;     // of QMP's SHUTDOWN; "" when none came
  bool guest_panicked = false;     // QMP's GUEST_PANICKED came
  bool greeted = false;            // QEMU's monitor answered
  bool hello = false;              // init spoke
  bool done = false;               // init sent its last record
  int64_t garbage = 0;             // lines that are not records
  std::string first_garbage;
  std::map<std::string, std::string> facts;  // GuestOutcome::facts
};

GuestOutcome Judge(const Ending& ending, const ConsoleWatch& console, const GuestLimits& limits);

}  // namespace procmark::cell

// SPDX-License-Identifier: MIT
// RunJobProgram: one program of a job, from its start to the death of all it left behind.
#pragma once

#include <cstdint>

#include "images/guest/job.h"
#include "images/guest/records.h"

namespace procmark::guest {

// A program that sends more than this is killed.
inline constexpr size_t kLongestOutputBytes = size_t{8} << 20;

// Sends program_start, starts the program with the write end of a pipe as its descriptor 3 (0 is
// /dev/null, 1 and 2 are the caller's console), relays what it writes there, and when it has ended,
// or its deadline has passed, or it has sent too much, kills every process but init and the caller
// and sends program_end with its raw wait status: -1 when the deadline ended it, 127 << 8 when it
// could not be started. Between two events of the program the caller sleeps in poll(2).
// Throws std::runtime_error when processes survive SIGKILL, or as Records does.
void RunJobProgram(int64_t index, const JobProgram& program, Records& records);

}  // namespace procmark::guest

// SPDX-License-Identifier: MIT
// A team: several threads, or several processes, that do the same thing at the same time.
#pragma once

#include <stdint.h>

#include "bench/subject/context.h"

namespace procmark::subject {

// What one member does in one round. `index` is 0 .. members - 1. Returns how many of its
// operations went well.
using TeamTask = int64_t (*)(Context& context, uint32_t index);

// In memory that all members share.
struct Team {
  int round;     // members sleep on it by futex(2) until it changes
  int finished;  // members that have finished the round
  uint32_t members;
  TeamTask task;
  Context* context;
  struct Round {
    int64_t good;     // operations that went well
    int64_t through;  // the clock when the member had done them
  };
  Round rounds[];  // each member's last round
};

enum class Members { kThreads, kProcesses };

// Makes a team that sleeps until RunTeam() and ends with its subject. Refuses if that fails.
Team* MakeTeam(Context& context, Members kind, uint32_t members, TeamTask task);

// Runs one round and returns its length, from waking the members until the last has finished.
// Refuses unless the results add up to `expected`. Adds to the context's first_through and
// last_through.
int64_t RunTeam(Context& context, Team& team, int64_t expected);

}  // namespace procmark::subject

// A team: several threads, or several processes, that do the same at the same time.
#pragma once

#include <stdint.h>

#include "bench/subject/context.h"

namespace procmark::subject {

// What one member does in one round. `index` is 0 .. members - 1. Returns how many operations it
// saw end as they should.
using TeamTask = int64_t (*)(Context& context, uint32_t index);

// In memory that all members share.
struct Team {
  int round;     // members sleep on it by futex(2) until it changes
  int finished;  // members that are through with the round
  uint32_t members;
  TeamTask task;
  Context* context;
  struct Round {
    int64_t good;     // operations that ended as they should
    int64_t through;  // when the member had done them
  };
  Round rounds[];  // of each member, the last one
};

enum class Members { kThreads, kProcesses };

// Makes a team that sleeps until RunTeam; it ends with its subject. Refuses when it cannot be made.
Team* MakeTeam(Context& context, Members kind, uint32_t members, TeamTask task);

// One round, from waking the members until the last has finished: its length. Refuses unless the
// results add up to `expected`. Adds to the context's first_through and last_through.
int64_t RunTeam(Context& context, Team& team, int64_t expected);

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
#include "bench/subject/team.h"

#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/signal.h>

#include "bench/subject/memory.h"
#include "bench/subject/raw_thread.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

using sys::RawArg;
using sys::RawSyscall;

constexpr unsigned long kStackBytes = 16 * 1024;

struct Place {
  Team* team;
  uint32_t index;
  int ready;
};

[[noreturn]] void Serve(Team& team, uint32_t index) {
  int seen = 0;
  while (true) {
    int round = 0;
    while ((round = __atomic_load_n(&team.round, __ATOMIC_ACQUIRE)) == seen)
      RawSyscall(__NR_futex, RawArg(&team.round), FUTEX_WAIT, seen, 0);
    seen = round;
    team.rounds[index].good = team.task(*team.context, index);
    team.rounds[index].through = team.context->Now();
    const int finished = __atomic_add_fetch(&team.finished, 1, __ATOMIC_ACQ_REL);
    if (finished == static_cast<int>(team.members)) WakeWord(team.finished, 1);
  }
}

void Begin(void* argument) {
  const Place place = *static_cast<Place*>(argument);
  __atomic_store_n(&static_cast<Place*>(argument)->ready, 1, __ATOMIC_RELEASE);
  WakeWord(static_cast<Place*>(argument)->ready, 1);
  Serve(*place.team, place.index);
}

void StartThread(const Context& context, Team& team, uint32_t index) {
  char* const stack = MapSmall(context, kStackBytes);
  WriteEachPage(stack, kStackBytes, context.page_bytes);
  Place place{&team, index, 0};
  constexpr unsigned long kJoining = CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  const long tid = sys::RawCloneOnStack(kThreadFlags & ~kJoining, stack + kStackBytes, nullptr,
                                        nullptr, Begin, &place);
  if (tid < 0) context.Refuse("a team's thread could not be created: errno", -tid);
  AwaitWord(place.ready, 1);
}

void StartProcess(const Context& context, Team& team, uint32_t index) {
  constexpr long kSetDeathSignal = 1;  // PR_SET_PDEATHSIG
  const long pid = sys::RawFork();
  if (pid < 0) context.Refuse("a team's process could not be created: errno", -pid);
  if (pid != 0) return;
  RawSyscall(__NR_prctl, kSetDeathSignal, SIGKILL, 0, 0, 0);
  Serve(team, index);
}

}  // namespace

Team* MakeTeam(Context& context, Members kind, uint32_t members, TeamTask task) {
  Shape cost{};
  cost.threads = 2 * members;  // each member, and the task that it creates
  NeedMemory(context, BytesOf(cost));
  const unsigned long bytes = sizeof(Team) + members * sizeof(Team::Round);
  const long area =
      sys::RawMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  if (sys::RawFailed(area)) context.Refuse("a page could not be mapped: errno", -area);
  Team& team = *reinterpret_cast<Team*>(area);
  team.members = members;
  team.task = task;
  team.context = &context;
  for (uint32_t i = 0; i < members; ++i) {
    if (kind == Members::kThreads) {
      StartThread(context, team, i);
    } else {
      StartProcess(context, team, i);
    }
  }
  return &team;
}

int64_t RunTeam(Context& context, Team& team, int64_t expected) {
  __atomic_store_n(&team.finished, 0, __ATOMIC_RELAXED);
  const int members = static_cast<int>(team.members);
  const int64_t start = context.Now();
  __atomic_add_fetch(&team.round, 1, __ATOMIC_ACQ_REL);
  WakeWord(team.round, kEverybody);
  AwaitWord(team.finished, members);
  const int64_t length = context.Length(start);
  int64_t good = 0;
  int64_t first = team.rounds[0].through;
  int64_t last = first;
  for (uint32_t i = 0; i < team.members; ++i) {
    const Team::Round& round = team.rounds[i];
    good += round.good;
    if (round.through < first) first = round.through;
    if (round.through > last) last = round.through;
  }
  context.first_through += first - start;
  context.last_through += last - start;
  if (good != expected)
    context.Refuse("not every operation of the team went well; these many did:", good);
  return length;
}

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
// The CPUs of a sample's two edges, where two tasks read the clock. getcpu(2) is called beside the
// timed region, never in it.
#pragma once

#include "bench/subject/context.h"

namespace procmark::subject {

// Stores the caller's CPU in the shared page. So a child that borrows or shares its parent's stack
// does not write to it.
[[gnu::always_inline]] inline void StoreCpu(volatile uint32_t& cpu) {
  sys::RawSyscall(__NR_getcpu, sys::RawArg(&cpu), 0, 0);
}
[[gnu::always_inline]] inline void StoreFromCpu(Context& context) {
  StoreCpu(context.pages->from_cpu);
}
[[gnu::always_inline]] inline void StoreToCpu(Context& context) { StoreCpu(context.pages->to_cpu); }

// Keeps both CPUs as those of the current sample. Call it once the other task has ended.
[[gnu::always_inline]] inline void KeepCpus(Context& context) {
  if (context.placed >= kMostSamples) return;
  context.pages->cpus[context.placed++] = {static_cast<uint16_t>(context.pages->from_cpu),
                                           static_cast<uint16_t>(context.pages->to_cpu)};
}

}  // namespace procmark::subject

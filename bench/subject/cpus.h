// Which CPU each edge of a sample was on, when they are two tasks': read beside the timed region,
// never in it.
#pragma once

#include "bench/subject/context.h"

namespace procmark::subject {

// Stores the CPU that the caller is on (getcpu(2)): into the shared page, so that a child which
// borrows its parent's stack, or shares it by fork, writes none of it.
[[gnu::always_inline]] inline void StoreCpu(volatile uint32_t& cpu) {
  sys::RawSyscall(__NR_getcpu, sys::RawArg(&cpu), 0, 0);
}
[[gnu::always_inline]] inline void StoreFromCpu(Context& context) {
  StoreCpu(context.pages->from_cpu);
}
[[gnu::always_inline]] inline void StoreToCpu(Context& context) { StoreCpu(context.pages->to_cpu); }

// Keeps both for the sample that ends, once nobody else runs.
[[gnu::always_inline]] inline void KeepCpus(Context& context) {
  if (context.placed >= kMostSamples) return;
  context.pages->cpus[context.placed++] = {static_cast<uint16_t>(context.pages->from_cpu),
                                           static_cast<uint16_t>(context.pages->to_cpu)};
}

}  // namespace procmark::subject

// SPDX-License-Identifier: MIT
// Does independent tasks on all CPUs at once. Only for results that do not depend on how long
// anything takes: on an exact clock, never on a noisy one.
#pragma once

#include <functional>
#include <vector>

namespace procmark::execute {

// Does all tasks on at most `workers` threads and starts them in the given order. After an
// exception of a task it starts no more tasks, waits for those that run, and throws the first
// exception. After an Interrupt it starts no more tasks either.
void DoAll(const std::vector<std::function<void()>>& tasks, int workers);

}  // namespace procmark::execute

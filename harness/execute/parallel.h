// Doing independent things on all CPUs at once. Only for work whose result does not depend on how
// long it takes: on an exact clock, never on a noisy one.
#pragma once

#include <functional>
#include <vector>

namespace procmark::execute {

// Does all tasks on at most `workers` threads, in the order given as far as that goes. An exception
// of a task lets the tasks in hand end, starts no further ones, and is thrown from here: the first
// one, if there were several. No task is started after an Interrupt.
void DoAll(const std::vector<std::function<void()>>& tasks, int workers);

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
#include "harness/execute/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "harness/sys/interrupt.h"

namespace procmark::execute {

void DoAll(const std::vector<std::function<void()>>& tasks, int workers) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    while (!failed && !sys::Interrupt::Requested()) {
      const size_t mine = next++;
      if (mine >= tasks.size()) return;
      try {
        tasks[mine]();
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!first) first = std::current_exception();
        failed = true;
      }
    }
  };
  std::vector<std::jthread> threads;
  const size_t count = std::min(tasks.size(), static_cast<size_t>(std::max(1, workers)));
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  threads.clear();  // joins
  if (first) std::rethrow_exception(first);
}

}  // namespace procmark::execute

#include "harness/cell/vcpu_places.h"

#include <sched.h>

namespace procmark::cell {

std::optional<std::vector<int>> VcpuPlaces(int vcpus, const std::vector<int>& usable_cpus) {
  const auto usable = static_cast<int>(usable_cpus.size());
  if (vcpus >= usable) return std::nullopt;
  std::vector<int> places;
  for (int i = 1; i <= vcpus; ++i) places.push_back(usable_cpus[static_cast<size_t>(usable - i)]);
  return places;
}

std::vector<int> UsableCpuNumbers() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

bool Bind(sys::Pid thread, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  return ::sched_setaffinity(thread.Number(), sizeof(set), &set) == 0;
}

}  // namespace procmark::cell

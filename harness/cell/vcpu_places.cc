// SPDX-License-Identifier: MIT
#include "harness/cell/vcpu_places.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>

namespace procmark::cell {
namespace {

// The thread that an answer of QEMU names. Nothing where it names none.
std::optional<sys::Pid> ThreadOf(const nlohmann::json& vcpu) {
  if (!vcpu.is_object()) return std::nullopt;
  const auto thread = vcpu.find("thread-id");
  if (thread == vcpu.end() || !thread->is_number_integer()) return std::nullopt;
  return sys::Pid::From(thread->get<int64_t>());
}

}  // namespace

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

bool Bind(sys::Pid process, sys::Pid thread, int cpu) {
  const std::string task = fmt::format("/proc/{}/task/{}", process.Number(), thread.Number());
  if (::access(task.c_str(), F_OK) != 0) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  return ::sched_setaffinity(thread.Number(), sizeof(set), &set) == 0;
}

std::string PinVcpus(Qmp& monitor, sys::Pid qemu) {
  const nlohmann::json vcpus = monitor.Command("query-cpus-fast", nlohmann::json::object());
  if (!vcpus.is_array()) return "any: QEMU does not name its vCPUs";
  const auto places = VcpuPlaces(static_cast<int>(vcpus.size()), UsableCpuNumbers());
  if (!places) return "any: there is none to spare for QEMU itself";
  std::string cpus;
  for (size_t i = 0; i < places->size(); ++i) {
    const auto thread = ThreadOf(vcpus[i]);
    if (!thread || !Bind(qemu, *thread, (*places)[i])) return "any: binding failed";
    cpus += (i == 0 ? "" : ",") + std::to_string((*places)[i]);
  }
  return cpus;
}

}  // namespace procmark::cell

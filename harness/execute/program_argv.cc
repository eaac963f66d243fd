// SPDX-License-Identifier: MIT
#include "harness/execute/program_argv.h"

#include <fmt/format.h>

#include "harness/cell/native_program.h"
#include "harness/wire/event.h"

namespace procmark::execute {

static_assert(plan::kMostSamples == wire::kMostSamples);

std::vector<std::string> BenchArgv(const std::string& program, const Work& work,
                                   const cell::CellSpec& spec, const std::string& benchmark) {
  const bool exact = spec.clock == store::Clock::kExact;
  std::vector<std::string> argv = {
      program,
      "--procmark_slice=" + benchmark,
      fmt::format("--procmark_samples={}", work.samples),
      fmt::format("--procmark_warmups={}", work.warmups),
      fmt::format("--procmark_clock={}", exact ? "instructions" : "ns"),
      fmt::format("--procmark_wire_fd={}", cell::kWireFd)};
  if (spec.slow_percent > 0) {
    argv.push_back(fmt::format("--procmark_slow={}", spec.slow_percent));
  }
  return argv;
}

std::vector<std::string> ConformanceArgv(const std::string& program,
                                         const std::vector<std::string>& tests) {
  return {program, fmt::format("--gtest_filter={}", fmt::join(tests, ":")),
          fmt::format("--procmark_wire_fd={}", cell::kWireFd)};
}

}  // namespace procmark::execute

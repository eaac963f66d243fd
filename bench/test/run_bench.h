// SPDX-License-Identifier: MIT
// Runs procmark-bench for tests. The variable PROCMARK_BENCH must contain its path.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/sys/child.h"
#include "harness/wire/event.h"

namespace procmark {

inline constexpr long long kBenchDeadlineMs = 60'000;

// Each throws std::runtime_error if the program cannot be run.
std::string BenchPath();
sys::CommandOutput RunBench(std::vector<std::string> arguments);

// The events that the program sent. The test fails if a line is no event.
std::vector<wire::Event> EventsOf(const std::string& sent);

// Takes a slice of that name. Returns the one event between hello and done.
wire::Event SliceOf(const std::string& name, std::vector<std::string> more = {});

// The program's list of benchmarks.
const nlohmann::json& BenchmarkList();
bool Tagged(const nlohmann::json& entry, const std::string& tag);

}  // namespace procmark

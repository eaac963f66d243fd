// Runs procmark-bench for tests. Needs its path in PROCMARK_BENCH.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/sys/child.h"
#include "harness/wire/event.h"

namespace procmark {

inline constexpr long long kBenchDeadlineMs = 60'000;

// Each throws std::runtime_error when the program cannot be run at all.
std::string BenchPath();
sys::CommandOutput RunBench(std::vector<std::string> arguments);

// What the program sent: every line an event, else the test fails.
std::vector<wire::Event> EventsOf(const std::string& sent);

// The one event between hello and done of a slice of that name.
wire::Event SliceOf(const std::string& name, std::vector<std::string> more = {});

// The program's list, asked for once.
const nlohmann::json& Catalogue();
bool Tagged(const nlohmann::json& entry, const std::string& tag);

}  // namespace procmark

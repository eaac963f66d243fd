// SPDX-License-Identifier: MIT
#include "bench/test/run_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <variant>

#include "harness/wire/stream.h"

namespace procmark {

std::string BenchPath() {
  const char* path = std::getenv("PROCMARK_BENCH");
  if (path == nullptr) throw std::runtime_error("PROCMARK_BENCH does not name the program");
  return path;
}

sys::CommandOutput RunBench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BenchPath());
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand(arguments, sys::Deadline::After(kBenchDeadlineMs));
  if (!output) throw std::runtime_error("procmark-bench: " + output.Failure().Text());
  return output.Value();
}

std::vector<wire::Event> EventsOf(const std::string& sent) {
  std::vector<wire::Event> events;
  wire::EventReader reader([&](const wire::Event& event) { events.push_back(event); },
                           [&](const std::string& garbage) { ADD_FAILURE() << garbage; });
  reader.Feed(sent);
  reader.End();
  return events;
}

wire::Event SliceOf(const std::string& name, std::vector<std::string> more) {
  more.push_back("--procmark_slice=" + name);
  const sys::CommandOutput output = RunBench(more);
  EXPECT_EQ(output.status, 0) << output.err;
  std::vector<wire::Event> events = EventsOf(output.out);
  if (events.size() != 3) throw std::runtime_error(name + " did not send one event: " + output.err);
  EXPECT_TRUE(std::holds_alternative<wire::Hello>(events.front()));
  EXPECT_TRUE(std::holds_alternative<wire::Done>(events.back()));
  return events[1];
}

const nlohmann::json& BenchmarkList() {
  static const nlohmann::json list = nlohmann::json::parse(RunBench({"--procmark_list"}).out);
  return list;
}

bool Tagged(const nlohmann::json& entry, const std::string& tag) {
  const auto& tags = entry.at("tags");
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

}  // namespace procmark

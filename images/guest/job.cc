// SPDX-License-Identifier: MIT
#include "images/guest/job.h"

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace procmark::guest {
namespace {

using Json = nlohmann::json;

Fault FaultNamed(const std::string& name) {
  static const std::map<std::string, Fault> kFaults = {
      {"", Fault::kNone},           {"panic", Fault::kPanic},
      {"hang", Fault::kHang},       {"mute", Fault::kMute},
      {"garbage", Fault::kGarbage}, {"exit", Fault::kExit},
      {"oops", Fault::kOops},       {"taint", Fault::kTaint},
      {"flood", Fault::kFlood},     {"poweroff", Fault::kPowerOff},
      {"reset", Fault::kReset},     {"channel", Fault::kChannel},
      {"segv", Fault::kSegv}};
  const auto found = kFaults.find(name);
  if (found == kFaults.end()) throw std::runtime_error("the job has an unknown fault: " + name);
  return found->second;
}

JobProgram ParseProgram(const Json& json) {
  JobProgram program{json.at("argv").get<std::vector<std::string>>(),
                     json.at("deadline_ms").get<int64_t>()};
  if (program.argv.empty() || !program.argv.front().starts_with('/')) {
    throw std::runtime_error("a program of the job has no absolute path");
  }
  if (program.deadline_ms <= 0) {
    throw std::runtime_error("a program of the job has no positive deadline_ms");
  }
  return program;
}

}  // namespace

Job Job::Parse(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Job job;
    job.settle_ms = json.at("settle_ms").get<int64_t>();
    if (job.settle_ms < 0) throw std::runtime_error("the job's settle_ms is negative");
    job.fault = FaultNamed(json.value("fault", ""));
    job.shell = json.value("shell", false);
    job.handover = json.value("handover", false);
    job.symbols = json.value("symbols", false);
    for (const Json& program : json.at("programs")) job.programs.push_back(ParseProgram(program));
    return job;
  } catch (const Json::exception& error) {
    throw std::runtime_error(std::string("the job cannot be read: ") + error.what());
  }
}

}  // namespace procmark::guest

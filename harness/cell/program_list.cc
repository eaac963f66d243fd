// SPDX-License-Identifier: MIT
#include "harness/cell/program_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::cell {

// NOLINTNEXTLINE(misc-unused-parameters): a library macro
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BenchmarkInfo, name, sentence, family, from, to, form, tags,
                                   limit_of, peer_of)

void from_json(const nlohmann::json& json, TestInfo& info) {
  json.at("name").get_to(info.name);
  json.at("says").get_to(info.says);
  json.at("item").get_to(info.item);
  json.at("authority").get_to(info.authority);
  json.at("since").get_to(info.since);
  json.at("until").get_to(info.until);
  json.at("class").get_to(info.kind);
  json.at("area").get_to(info.area);
  json.at("tags").get_to(info.tags);
}

namespace {

constexpr long long kListDeadlineMs = 60'000;

// Says why a program that was asked for a description gave none: its own words, where it has some.
[[noreturn]] void Undescribed(const std::filesystem::path& program,
                              const sys::CommandOutput& output, const std::string& what,
                              const char* parse_error) {
  const std::string how = sys::DescribeWaitStatus(output.status);
  const std::string said = output.err.substr(0, output.err.find('\n'));
  if (output.status != 0 && !said.empty()) {
    sys::ThrowLost(fmt::format("{} {} ended with {}: {}", program.string(), what, how, said));
  }
  sys::ThrowLost(
      fmt::format("{} {} ({}) printed no JSON: {}", program.string(), what, how, parse_error));
}

template <typename Info>
std::vector<Info> List(const std::filesystem::path& program) {
  sys::Result<sys::CommandOutput> output =
      sys::RunCommand({program.string(), "--procmark_list"}, sys::Deadline::After(kListDeadlineMs));
  if (!output) {
    sys::ThrowLost(
        fmt::format("{} --procmark_list: {}", program.string(), output.Failure().Text()));
  }
  try {
    return nlohmann::json::parse(output.Value().out).get<std::vector<Info>>();
  } catch (const nlohmann::json::exception& error) {
    Undescribed(program, output.Value(), "--procmark_list", error.what());
  }
}

}  // namespace

std::vector<BenchmarkInfo> ListBenchmarks(const std::filesystem::path& program) {
  return List<BenchmarkInfo>(program);
}

BenchmarkInfo DescribeBenchmark(const std::filesystem::path& program, const std::string& name) {
  constexpr int kUsageStatus = static_cast<int>(sys::ExitCode::kUsage) << 8;
  sys::Result<sys::CommandOutput> output = sys::RunCommand(
      {program.string(), "--procmark_describe=" + name}, sys::Deadline::After(kListDeadlineMs));
  if (output && output.Value().status == kUsageStatus) {
    std::string sentence = output.Value().err;
    const std::string speaker = "procmark-bench: ";
    if (sentence.starts_with(speaker)) sentence.erase(0, speaker.size());
    sys::ThrowUsage(sentence.substr(0, sentence.find('\n')));
  }
  if (!output) {
    sys::ThrowLost(
        fmt::format("{} --procmark_describe: {}", program.string(), output.Failure().Text()));
  }
  try {
    return nlohmann::json::parse(output.Value().out).at(0).get<BenchmarkInfo>();
  } catch (const nlohmann::json::exception& error) {
    Undescribed(program, output.Value(), "--procmark_describe", error.what());
  }
}

std::vector<TestInfo> ListTests(const std::filesystem::path& program) {
  return List<TestInfo>(program);
}

}  // namespace procmark::cell

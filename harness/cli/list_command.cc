// SPDX-License-Identifier: MIT
// `list`: benchmarks, tests, cells, kernels and runs.
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/cell/installation.h"
#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/plan/plan.h"
#include "harness/report/text_table.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"
#include "harness/sys/printable.h"

namespace procmark::cli {
namespace {

using Json = nlohmann::json;

// One entry of a list.
struct Row {
  std::string name;
  std::string words;
  Json json;
};

void Print(const std::vector<Row>& rows, bool json) {
  if (json) {
    Json all = Json::array();
    for (const Row& row : rows) all.push_back(row.json);
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  std::vector<std::vector<std::string>> texts;
  for (const Row& row : rows) texts.push_back({row.name, row.words});
  const std::vector<std::string> lines = report::AlignColumns({{"", false}, {"", false}}, texts);
  for (size_t i = 1; i < lines.size(); ++i) fmt::print("{}\n", lines[i]);  // without the titles
  fmt::print(stderr, "{} entries\n", rows.size());
}

std::vector<Row> Benchmarks() {
  std::vector<Row> rows;
  for (const cell::BenchmarkInfo& info :
       cell::ListBenchmarks(cell::FindPrograms(cell::HostArch()).bench)) {
    rows.push_back({info.name,
                    info.sentence,
                    {{"name", info.name},
                     {"sentence", info.sentence},
                     {"family", info.family},
                     {"from", info.from},
                     {"to", info.to},
                     {"form", info.form},
                     {"tags", info.tags},
                     {"limit_of", info.limit_of},
                     {"peer_of", info.peer_of}}});
  }
  return rows;
}

std::vector<Row> Tests() {
  std::vector<Row> rows;
  for (const cell::TestInfo& info :
       cell::ListTests(cell::FindPrograms(cell::HostArch()).conformance)) {
    rows.push_back({info.name,
                    fmt::format("{} [{}; since {}]", info.says, info.authority,
                                info.since.empty() ? "ever" : info.since),
                    {{"name", info.name},
                     {"says", info.says},
                     {"item", info.item},
                     {"authority", info.authority},
                     {"since", info.since},
                     {"until", info.until},
                     {"class", info.kind},
                     {"area", info.area},
                     {"tags", info.tags}}});
  }
  return rows;
}

std::vector<Row> Cells(const Context& context) {
  std::vector<Row> rows;
  for (const std::string& name : plan::LoadPlan(context.project / "plans" / "default.toml").cells) {
    const cell::CellSpec spec = cell::CellSpec::Parse(name);
    const std::string words =
        spec.native ? "this machine, clock wall (ns)"
                    : fmt::format("QEMU guest: {} kernel {}, CPU {}, clock {}", spec.arch,
                                  spec.kernel, spec.cpu, store::ClockName(spec.clock));
    rows.push_back({name,
                    words + "; of the default plan",
                    {{"name", name},
                     {"arch", spec.arch},
                     {"kernel", spec.kernel},
                     {"cpu", spec.cpu},
                     {"clock", store::ClockName(spec.clock)}}});
  }
  return rows;
}

std::vector<Row> Runs(const Context& context) {
  std::vector<Row> rows;
  std::vector<std::string> unreadable;
  for (const store::RunHead& head : store::ListRuns(context.results, unreadable)) {
    rows.push_back({head.id,
                    fmt::format("{} {}", head.started_utc, head.name),
                    {{"id", head.id},
                     {"name", head.name},
                     {"started_utc", head.started_utc},
                     {"procmark", head.procmark},
                     {"folder", head.folder.string()}}});
  }
  for (const std::string& folder : unreadable)
    fmt::print(stderr, "unreadable: {}\n", sys::TerminalLine(folder));
  return rows;
}

// The images tool lists the kernels itself.
[[noreturn]] void ExecKernels(bool json) {
  const std::string tool = cell::FindImagesTool().string();
  ::execl(tool.c_str(), tool.c_str(), "list", json ? "--json" : nullptr, nullptr);
  sys::ThrowLost(fmt::format("cannot start {}: {}", tool, sys::LastError("exec").Text()));
}

}  // namespace

int List(const Context& context, const std::string& what, bool json) {
  if (what == "benchmarks") Print(Benchmarks(), json);
  if (what == "tests") Print(Tests(), json);
  if (what == "cells") Print(Cells(context), json);
  if (what == "runs") Print(Runs(context), json);
  if (what == "kernels") ExecKernels(json);
  return 0;
}

}  // namespace procmark::cli

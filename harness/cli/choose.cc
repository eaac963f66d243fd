// SPDX-License-Identifier: MIT
#include "harness/cli/choose.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/cell/installation.h"
#include "harness/cell/multiply.h"
#include "harness/compare/self_check.h"
#include "harness/sys/complaint.h"

namespace procmark::cli {
namespace {

template <typename Info>
std::vector<plan::Offer> Offers(const std::vector<Info>& infos) {
  std::vector<plan::Offer> offers;
  for (const Info& info : infos) offers.push_back({info.name, info.tags});
  return offers;
}

// Adds the benchmarks that the chosen ones are compared with, in the order of the programs.
std::vector<std::string> WithCompanions(const std::vector<std::string>& chosen,
                                        const Offered& offered) {
  std::set<std::string> wanted(chosen.begin(), chosen.end());
  const bool broken_only = std::ranges::all_of(
      chosen, [](const std::string& name) { return name.starts_with("broken/"); });
  if (!broken_only) {
    wanted.insert({compare::kCanaryBase, compare::kCanaryTwin, compare::kCanarySlow});
  }
  std::vector<std::string> names;
  for (const cell::BenchmarkInfo& info : offered.benchmarks) {
    if (!wanted.contains(info.name)) continue;
    if (!info.limit_of.empty()) wanted.insert(info.limit_of);
    if (!info.peer_of.empty()) wanted.insert(info.peer_of);
  }
  for (const cell::BenchmarkInfo& info : offered.benchmarks) {
    if (wanted.contains(info.name)) names.push_back(info.name);
  }
  return names;
}

}  // namespace

Offered AskPrograms() {
  const cell::Programs programs = cell::FindPrograms(cell::HostArch());
  return {cell::ListBenchmarks(programs.bench), cell::ListTests(programs.conformance)};
}

void AskAbout(const std::vector<std::string>& names, Offered& offered) {
  for (const std::string& name : names) {
    const bool known = std::ranges::any_of(
        offered.benchmarks, [&](const cell::BenchmarkInfo& info) { return info.name == name; });
    if (known) continue;
    offered.benchmarks.push_back(
        cell::DescribeBenchmark(cell::FindPrograms(cell::HostArch()).bench, name));
  }
}

void ApplyWishes(const Wishes& wishes, plan::Plan& plan) {
  if (!wishes.cells.empty()) plan.cells = wishes.cells;
  plan.cells = cell::MultiplyByAxes(plan.cells, wishes.axes);
  if (!wishes.names.empty()) {
    plan.benchmarks = {{"none"}, "", wishes.names};
    plan.tests = {{"none"}, "", {}};
  }
  if (!wishes.filter.empty()) {
    // A filter chooses among all names, not only among those that the plan chose.
    plan.benchmarks = {{}, wishes.filter, wishes.names};
    plan.tests = {{}, wishes.filter, {}};
  }
  // Nothing has this tag.
  if (!wishes.benchmarks) plan.benchmarks = {{"none"}, "", {}};
  if (!wishes.tests) plan.tests = {{"none"}, "", {}};
}

execute::Work MakeWork(const plan::Plan& plan, const Offered& offered) {
  execute::Work work;
  std::set<std::string> names;
  for (const std::string& text : plan.cells) {
    const cell::CellSpec spec = cell::CellSpec::Parse(text);
    std::string name = spec.Name();
    for (int copy = 2; !names.insert(name).second; ++copy) {
      name = fmt::format("{}#{}", spec.Name(), copy);
    }
    work.cells.push_back({name, spec});
  }
  if (work.cells.empty()) sys::ThrowUsage("the plan has no cells: add some to it, or give --cell");
  work.benchmarks = plan::Choose(plan.benchmarks, Offers(offered.benchmarks));
  work.tests = plan::Choose(plan.tests, Offers(offered.tests));
  if (work.benchmarks.empty() && work.tests.empty()) {
    sys::ThrowUsage(
        fmt::format("nothing is chosen: filter '{}' matches no benchmark and no test; "
                    "./run.sh list benchmarks and ./run.sh list tests show their names",
                    plan.benchmarks.filter));
  }
  if (!work.benchmarks.empty()) work.benchmarks = WithCompanions(work.benchmarks, offered);
  work.samples = plan.samples;
  work.warmups = plan.warmups;
  work.seed = plan.seed;
  work.budget_s = plan.budget_s;
  return work;
}

std::map<std::string, std::string> BoundedByLimit(const Offered& offered) {
  std::map<std::string, std::string> bounded;
  for (const cell::BenchmarkInfo& info : offered.benchmarks) {
    if (!info.limit_of.empty()) bounded[info.name] = info.limit_of;
  }
  return bounded;
}

std::map<std::string, std::string> PeerOf(const Offered& offered) {
  std::map<std::string, std::string> peers;
  for (const cell::BenchmarkInfo& info : offered.benchmarks) {
    if (!info.peer_of.empty()) peers[info.name] = info.peer_of;
  }
  return peers;
}

}  // namespace procmark::cli

// SPDX-License-Identifier: MIT
#include "harness/explain/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "harness/explain/architecture.h"
#include "harness/explain/sample_match.h"

namespace procmark::explain {
namespace {

double TickOf(const wire::Slice& slice) {
  const auto tick = slice.counts.find("clock_tick_instructions");
  return tick == slice.counts.end() ? 1 : tick->second;
}

// Joins what was executed equally often in a row.
std::vector<CodeCount> CodeOf(const Profile& profile, const SampleSpan& span,
                              const SymbolTable& symbols) {
  std::map<std::pair<uint32_t, uint64_t>, std::pair<int64_t, uint64_t>> times;  // and the size
  for (size_t i = span.begin; i < span.end; ++i) {
    for (const SpotCount& count : profile.segments[i].counts) {
      const Spot& spot = profile.spots[count.spot];
      const CodeRun& run = profile.runs[spot.run];
      if (run.function < kFirstFunction) continue;
      uint64_t address = run.begin;
      for (uint32_t at = 0; at < spot.executed; address += run.sizes[at++]) {
        auto& executed = times[{run.function, address}];
        executed.first += count.times;
        executed.second = run.sizes[at];
      }
    }
  }
  std::vector<CodeCount> code;
  uint64_t end = 0;
  uint32_t function = 0;
  for (const auto& [place, executed] : times) {
    if (executed.first == 0) continue;
    const Function& of = symbols.functions[place.first];
    if (place.second != end || place.first != function || code.back().times != executed.first) {
      code.push_back({of.name, static_cast<int64_t>(place.second - of.address), 0, executed.first});
    }
    ++code.back().instructions;
    end = place.second + executed.second;
    function = place.first;
  }
  std::ranges::stable_sort(code, std::ranges::greater(), &CodeCount::times);
  return code;
}

}  // namespace

void CheckSum(const Explanation& explanation) {
  const int64_t sum = Total(explanation).elapsed + explanation.idle;
  const double slack = explanation.tick > 1 ? std::ceil(explanation.tick) : 0;
  if (std::abs(static_cast<double>(sum - explanation.sample)) > slack) {
    throw std::runtime_error(fmt::format(
        "the functions add up to {} instructions, the sample is {}", sum, explanation.sample));
  }
}

Cost Total(const Explanation& explanation) {
  Cost total;
  for (const TreeNode& node : explanation.tree.nodes) {
    for (const Cost& cost : node.self) total += cost;
  }
  return total;
}

Explanation Explain(const ProfiledSample& profiled) {
  const wire::Slice& slice = profiled.slice;
  Explanation explanation;
  explanation.benchmark = slice.benchmark;
  explanation.operations = slice.operations;
  explanation.samples = static_cast<int64_t>(slice.samples.size());
  explanation.tick = TickOf(slice);
  const std::vector<SampleSpan> spans = MatchSamples(
      profiled.profile, slice.samples, explanation.tick, slice.warmups / slice.operations);
  const size_t index = LowerQuartileSample(slice.samples);
  const SampleSpan& span = spans[index];
  explanation.sample_index = static_cast<int64_t>(index);
  explanation.sample = slice.samples[index];
  explanation.idle = span.idles == 0 ? 0 : std::max<int64_t>(0, explanation.sample - span.counted);
  const std::optional<Arch> arch = ArchOfTarget(profiled.profile.target);
  explanation.has_calls = arch && HasCallTree(*arch);
  const std::vector<SampleTask> tasks =
      TasksOf(profiled.profile, span, profiled.symbols, slice.from);
  const std::vector<Stage> stages =
      StagesOf(profiled.profile, span, tasks, profiled.symbols, slice.from, slice.to);
  for (const Stage& stage : stages) {
    explanation.stages.push_back(stage.from + " -> " + stage.to);
  }
  explanation.tree =
      MakeCallTree(profiled.profile, stages, tasks, profiled.symbols, profiled.inlined);
  explanation.code = CodeOf(profiled.profile, span, profiled.symbols);
  CheckSum(explanation);
  return explanation;
}

}  // namespace procmark::explain

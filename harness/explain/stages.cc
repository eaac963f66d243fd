// SPDX-License-Identifier: MIT
#include "harness/explain/stages.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace procmark::explain {
namespace {

struct Edge {
  size_t segment = 0;
  const char* name = "";
};

class Edges {
 public:
  Edges(const Profile& profile, const SampleSpan& span, const std::vector<SampleTask>& tasks,
        const SymbolTable& symbols)
      : profile_(profile), span_(span), caller_(tasks.front().id), symbols_(symbols) {
    for (const SampleTask& task : tasks) {
      if (task.is_child) children_.insert(task.id);
    }
  }

  std::vector<Edge> InOrder() const {
    std::vector<Edge> edges;
    const auto add = [&](const std::optional<size_t>& segment, const char* name) {
      if (segment && *segment > span_.begin && *segment < span_.end) {
        edges.push_back({*segment, name});
      }
    };
    add(ParentReturn(), "parent_return");
    add(ChildStart(), "child_start");
    add(ChildExit(), "child_exit");
    std::ranges::sort(edges, {}, &Edge::segment);
    return edges;
  }

 private:
  // Whether one of the segment's paths leads through a function of that base name.
  bool LeadsThrough(const Segment& segment, std::string_view function) const {
    return std::ranges::any_of(segment.counts, [&](const SpotCount& count) {
      for (uint32_t node = profile_.spots[count.spot].node; node != 0;
           node = profile_.nodes[node].parent) {
        if (symbols_.functions[profile_.nodes[node].function].base == function) return true;
      }
      return false;
    });
  }

  std::optional<size_t> ParentReturn() const {
    bool makes = false;
    for (size_t i = span_.begin; i < span_.end; ++i) {
      const Segment& segment = profile_.segments[i];
      if (TaskOf(segment) != caller_) continue;
      if (segment.mode == Mode::kUser && makes) return i;
      if (segment.mode == Mode::kUser) continue;
      if (segment.cut == Cut::kEnter) makes = false;
      makes = makes || LeadsThrough(segment, "kernel_clone");
    }
    return std::nullopt;
  }

  std::optional<size_t> ChildStart() const {
    for (size_t i = span_.begin; i < span_.end; ++i) {
      const Segment& segment = profile_.segments[i];
      if (segment.mode == Mode::kUser && children_.contains(TaskOf(segment)) &&
          !segment.counts.empty()) {
        return i;
      }
    }
    return std::nullopt;
  }

  std::optional<size_t> ChildExit() const {
    std::optional<size_t> last;
    std::optional<size_t> entry;
    for (size_t i = span_.begin; i < span_.end; ++i) {
      const Segment& segment = profile_.segments[i];
      if (!children_.contains(TaskOf(segment))) continue;
      if (segment.cut == Cut::kEnter && segment.entered_by == How::kSystemCall) entry = i;
      if (entry && LeadsThrough(segment, "do_exit")) last = entry;
    }
    return last;
  }

  const Profile& profile_;
  const SampleSpan& span_;
  const TaskId caller_;
  const SymbolTable& symbols_;
  std::set<TaskId> children_;
};

}  // namespace

std::vector<Stage> StagesOf(const Profile& profile, const SampleSpan& span,
                            const std::vector<SampleTask>& tasks, const SymbolTable& symbols,
                            const std::string& from, const std::string& to) {
  std::vector<Stage> stages = {{from, to, span.begin, span.end}};
  for (const Edge& edge : Edges(profile, span, tasks, symbols).InOrder()) {
    Stage& last = stages.back();
    if (edge.segment == last.begin || edge.name == from || edge.name == to) continue;
    const Stage rest{edge.name, last.to, edge.segment, last.end};
    last.to = edge.name;
    last.end = edge.segment;
    stages.push_back(rest);
  }
  return stages;
}

}  // namespace procmark::explain

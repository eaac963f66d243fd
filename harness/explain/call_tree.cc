// SPDX-License-Identifier: MIT
#include "harness/explain/call_tree.h"

#include <map>
#include <string_view>
#include <tuple>

namespace procmark::explain {
namespace {

class Builder {
 public:
  Builder(const Profile& profile, const std::vector<Stage>& stages,
          const std::vector<SampleTask>& tasks, const SymbolTable& symbols,
          const InlinedFunctions& inlined)
      : profile_(profile), stages_(stages), tasks_(tasks), symbols_(symbols), inlined_(inlined) {
    Add(0, NodeKind::kAll, How::kRoot, "all");
  }

  CallTree Build();

 private:
  uint32_t Add(uint32_t parent, NodeKind kind, How how, const std::string& name);
  // The child of a node, made when it is first asked for.
  uint32_t Child(uint32_t parent, NodeKind kind, How how, const std::string& name);
  uint32_t OfTask(const Segment& segment);
  // Where the node of a profile is in the tree of a task.
  uint32_t OfPath(uint32_t task, uint32_t node);
  // Where a child of that node goes, which came from `site`.
  uint32_t UnderPath(uint32_t task, uint32_t node, uint64_t site);
  uint32_t Descend(uint32_t place, uint64_t address);
  bool LeadsThrough(uint32_t node) const;
  void AddCounts(const Segment& segment, size_t stage);
  void AddSpot(uint32_t task, size_t stage, const SpotCount& count);
  void AddString(uint32_t task, size_t stage, const StringCount& count);

  const Profile& profile_;
  const std::vector<Stage>& stages_;
  const std::vector<SampleTask>& tasks_;
  const SymbolTable& symbols_;
  const InlinedFunctions& inlined_;
  CallTree tree_;
  std::map<std::tuple<uint32_t, NodeKind, How, std::string>, uint32_t> children_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> places_;  // by task's place and profile's node
};

uint32_t Builder::Add(uint32_t parent, NodeKind kind, How how, const std::string& name) {
  tree_.nodes.push_back({parent, kind, how, name, 0, std::vector<Cost>(stages_.size())});
  return static_cast<uint32_t>(tree_.nodes.size() - 1);
}

uint32_t Builder::Child(uint32_t parent, NodeKind kind, How how, const std::string& name) {
  const auto key = std::make_tuple(parent, kind, how, name);
  const auto known = children_.find(key);
  if (known != children_.end()) return known->second;
  return children_[key] = Add(parent, kind, how, name);
}

uint32_t Builder::OfTask(const Segment& segment) {
  for (const SampleTask& task : tasks_) {
    if (task.id == TaskOf(segment)) return Child(0, NodeKind::kTask, How::kRoot, task.name);
  }
  return Child(0, NodeKind::kTask, How::kRoot, "unknown task");
}

bool IsTrap(How how) {
  return how == How::kException || how == How::kInterrupt || how == How::kSystemCall;
}

// Thunks jump to where a register says: retpolines, return thunks, static calls.
bool IsThunk(std::string_view name) {
  return name.starts_with("__x86_indirect_") || name.starts_with("__x86_return_thunk") ||
         name.starts_with("__SCT__") || name == "srso_return_thunk" ||
         name == "srso_alias_return_thunk";
}

// Whether the node is only passed on the way to the functions below it: a thunk, or a label of the
// entry code, which goes from one to the next by jumps.
bool Builder::LeadsThrough(uint32_t node) const {
  const PathNode& at = profile_.nodes[node];
  if (IsThunk(symbols_.functions[at.function].name)) return true;
  if (at.how != How::kJump) return false;
  const PathNode& parent = profile_.nodes[at.parent];
  return IsTrap(parent.how) || (parent.how == How::kJump && LeadsThrough(at.parent) &&
                                !IsThunk(symbols_.functions[parent.function].name));
}

uint32_t Builder::Descend(uint32_t place, uint64_t address) {
  for (const std::string& name : inlined_.At(address)) {
    place = Child(place, NodeKind::kInlined, How::kCall, name);
  }
  return place;
}

uint32_t Builder::UnderPath(uint32_t task, uint32_t node, uint64_t site) {
  while (LeadsThrough(node)) {
    site = profile_.nodes[node].site;
    node = profile_.nodes[node].parent;
  }
  return Descend(OfPath(task, node), site);
}

uint32_t Builder::OfPath(uint32_t task, uint32_t node) {
  if (node == 0) return task;
  const auto known = places_.find({task, node});
  if (known != places_.end()) return known->second;
  const PathNode& at = profile_.nodes[node];
  const std::string& name = symbols_.functions[at.function].name;
  uint32_t place = 0;
  if (at.function == kUserSpace) {
    place = Child(task, NodeKind::kUserSpace, How::kCall, name);
  } else if (at.how == How::kInterrupt) {
    place = Child(Child(0, NodeKind::kInterrupts, How::kInterrupt, "interrupts"),
                  NodeKind::kFunction, at.how, name);
  } else {
    place = Child(UnderPath(task, at.parent, at.site), NodeKind::kFunction, at.how, name);
  }
  return places_[{task, node}] = place;
}

void Builder::AddSpot(uint32_t task, size_t stage, const SpotCount& count) {
  const Spot& spot = profile_.spots[count.spot];
  const CodeRun& run = profile_.runs[spot.run];
  const uint32_t place = OfPath(task, spot.node);
  if (spot.executed > 0 && run.begin == symbols_.functions[run.function].address) {
    tree_.nodes[place].calls += count.times;
  }
  uint64_t address = run.begin;
  for (uint32_t i = 0; i < spot.executed; ++i) {
    Cost& self = tree_.nodes[Descend(place, address)].self[stage];
    self.elapsed += count.times;
    self.retired += count.times;
    address += run.sizes[i];
  }
}

void Builder::AddString(uint32_t task, size_t stage, const StringCount& count) {
  const StringSpot& spot = profile_.string_spots[count.spot];
  Cost& self = tree_.nodes[Descend(OfPath(task, spot.node), spot.address)].self[stage];
  self.retired -= count.iterations - count.passes;
  if (count.bytes_read == 0) {
    self.bytes_set += count.bytes_written;
  } else if (count.bytes_written == 0) {
    self.bytes_scanned += count.bytes_read;
  } else {
    self.bytes_copied += count.bytes_written;
  }
}

void Builder::AddCounts(const Segment& segment, size_t stage) {
  const uint32_t task = OfTask(segment);
  for (const SpotCount& count : segment.counts) AddSpot(task, stage, count);
  for (const StringCount& count : segment.strings) AddString(task, stage, count);
}

CallTree Builder::Build() {
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    for (size_t i = stages_[stage].begin; i < stages_[stage].end; ++i) {
      AddCounts(profile_.segments[i], stage);
    }
  }
  return std::move(tree_);
}

}  // namespace

CallTree MakeCallTree(const Profile& profile, const std::vector<Stage>& stages,
                      const std::vector<SampleTask>& tasks, const SymbolTable& symbols,
                      const InlinedFunctions& inlined) {
  return Builder(profile, stages, tasks, symbols, inlined).Build();
}

std::vector<Cost> CallTree::SelfCosts() const {
  std::vector<Cost> costs(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const Cost& cost : nodes[i].self) costs[i] += cost;
  }
  return costs;
}

std::vector<Cost> CallTree::InclusiveCosts() const {
  std::vector<Cost> costs = SelfCosts();
  for (size_t i = nodes.size(); i-- > 1;) costs[nodes[i].parent] += costs[i];
  return costs;
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "harness/explain/plugin/call_path.h"

#include <algorithm>

namespace procmark::explain {

size_t PathTree::Hash::operator()(const PathNode& node) const {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t hash = node.site;
  for (const uint64_t part : {uint64_t{node.parent}, uint64_t{node.function}}) {
    hash = (hash ^ part) * kOdd;
    hash ^= hash >> 32;
  }
  return hash ^ static_cast<uint64_t>(node.how);
}

uint32_t PathTree::Child(uint32_t parent, uint32_t function, How how, uint64_t site) {
  const PathNode node{parent, function, how, site};
  const auto [known, added] = numbers_.try_emplace(node, static_cast<uint32_t>(nodes_.size()));
  if (added) {
    nodes_.push_back(node);
    out_.Add(node);
  }
  return known->second;
}

bool PathTree::BeganUnseen(uint32_t node, uint32_t function) const {
  while (nodes_[node].how == How::kJump) node = nodes_[node].parent;
  return nodes_[node].how == How::kUnseen && nodes_[node].function == function;
}

void CallPath::Restart(uint32_t node) {
  frames_.clear();
  node_ = node;
}

void CallPath::Call(uint64_t site, uint64_t return_address, const Block& block) {
  // A call into the middle of its own function is no call: retpolines and the stuffing of the
  // return stack buffer take what it pushed away again.
  if (!block.begins_function && block.Function() == tree_->At(node_).function) return;
  Frame frame;
  frame.return_address = return_address;
  frame.node = node_;
  frames_.push_back(frame);
  node_ = tree_->Child(node_, block.Function(), How::kCall, site);
}

bool CallPath::Return(const Block& block) {
  for (size_t depth = frames_.size(); depth > 0 && !frames_[depth - 1].is_trap; --depth) {
    if (frames_[depth - 1].return_address != block.begin) continue;
    node_ = frames_[depth - 1].node;
    frames_.resize(depth - 1);
    return true;
  }
  return false;
}

void CallPath::Trap(const Interrupted& interrupted, How how, uint32_t function) {
  Frame frame;
  frame.node = node_;
  frame.is_trap = true;
  frame.interrupted = interrupted;
  frames_.push_back(frame);
  // An interrupt is the work of nobody whom it interrupts.
  const bool has_place = how != How::kInterrupt && !interrupted.of_program;
  node_ = tree_->Child(has_place ? node_ : 0, function, how, has_place ? interrupted.last : 0);
}

bool CallPath::ReturnsToProgram() const {
  const auto trap = std::find_if(frames_.rbegin(), frames_.rend(),
                                 [](const Frame& frame) { return frame.is_trap; });
  return trap == frames_.rend() || trap->interrupted.of_program;
}

bool CallPath::TrapReturn(Interrupted& interrupted) {
  for (size_t depth = frames_.size(); depth > 0; --depth) {
    if (!frames_[depth - 1].is_trap) continue;
    interrupted = frames_[depth - 1].interrupted;
    node_ = frames_[depth - 1].node;
    frames_.resize(depth - 1);
    return true;
  }
  return false;
}

void CallPath::Jump(uint64_t site, uint32_t function) {
  // Functions that jump back and forth stay one path.
  for (uint32_t node = node_;; node = tree_->At(node).parent) {
    if (tree_->At(node).function == function) {
      node_ = node;
      return;
    }
    if (tree_->At(node).how != How::kJump) break;
  }
  node_ = tree_->Child(node_, function, How::kJump, site);
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
// Builds profiles and symbols of a made kernel for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/profile.h"
#include "harness/explain/symbols.h"

namespace procmark::explain {

// A step of a path: a function and how control came to it.
struct Step {
  std::string function;
  How how = How::kCall;
  uint64_t site = 0;
};

class SyntheticProfile {
 public:
  SyntheticProfile() {
    for (const char* name : {"user space", "firmware", "kernel code without a symbol"}) {
      symbols_.functions.push_back({name, name, "", 0});
    }
    profile_.target = "x86_64";
  }

  // Begins a segment of that task.
  SyntheticProfile& Cut(explain::Cut cut, uint32_t task, Mode mode, bool born = false) {
    Segment segment;
    segment.cut = cut;
    segment.task = task;
    segment.mode = mode;
    segment.seen_born = born;
    segment.entered_by = cut == explain::Cut::kEnter ? How::kSystemCall : How::kRoot;
    if (cut == explain::Cut::kClock) segment.clock_address = 0x1000;
    profile_.segments.push_back(segment);
    return *this;
  }
  SyntheticProfile& Idle() {
    ++profile_.segments.back().idles;
    return *this;
  }
  // `times` executions of `instructions` in a row at `offset` of the last function of the path.
  SyntheticProfile& Run(const std::vector<Step>& path, uint32_t instructions, int64_t times = 1,
                        uint64_t offset = 0) {
    const uint32_t node = Node(path);
    const uint32_t function = profile_.nodes[node].function;
    const uint64_t begin = symbols_.functions[function].address + offset;
    profile_.runs.push_back({function, begin, std::vector<uint8_t>(instructions, 1)});
    const auto run = static_cast<uint32_t>(profile_.runs.size() - 1);
    profile_.spots.push_back({node, run, instructions});
    const auto spot = static_cast<uint32_t>(profile_.spots.size() - 1);
    profile_.segments.back().counts.push_back({spot, times});
    return *this;
  }
  // The same in user space.
  SyntheticProfile& RunProgram(uint32_t instructions) {
    return Run({{"user space"}}, instructions);
  }
  // A string instruction on that path that stores `bytes` in `iterations`.
  SyntheticProfile& Set(const std::vector<Step>& path, int64_t iterations, int64_t bytes,
                        uint64_t offset) {
    Run(path, 1, iterations, offset);
    const uint32_t node = Node(path);
    const uint32_t function = profile_.nodes[node].function;
    profile_.string_spots.push_back({node, symbols_.functions[function].address + offset});
    profile_.segments.back().strings.push_back(
        {static_cast<uint32_t>(profile_.string_spots.size() - 1), iterations, 1, 0, bytes});
    return *this;
  }

  const Profile& Made() const { return profile_; }
  const SymbolTable& Symbols() const { return symbols_; }

 private:
  uint32_t Function(const std::string& name) {
    for (uint32_t i = 0; i < symbols_.functions.size(); ++i) {
      if (symbols_.functions[i].name == name) return i;
    }
    const auto number = static_cast<uint32_t>(symbols_.functions.size());
    symbols_.functions.push_back(
        {name, BaseName(name), "", 0xffffffff81000000 + uint64_t{number} * 0x10000});
    return number;
  }
  uint32_t Node(const std::vector<Step>& path) {
    uint32_t node = 0;
    for (const Step& step : path) {
      const PathNode wanted{node, Function(step.function), step.how, step.site};
      const auto known = std::find(profile_.nodes.begin(), profile_.nodes.end(), wanted);
      node = static_cast<uint32_t>(known - profile_.nodes.begin());
      if (known == profile_.nodes.end()) profile_.nodes.push_back(wanted);
    }
    return node;
  }

  Profile profile_;
  SymbolTable symbols_;
};

// A fork of one child that exits, from the call to the child reaped, as the made kernel does it. It
// takes 1,000 instructions, of which `loop` are turns of a loop in dup_mmap().
inline void AddFork(uint32_t child, int64_t loop, SyntheticProfile& profile) {
  using explain::Cut;
  const std::vector<Step> call = {{"entry_SYSCALL_64", How::kSystemCall}, {"do_syscall_64"}};
  const auto below = [&call](std::vector<Step> more) {
    std::vector<Step> path = call;
    path.insert(path.end(), more.begin(), more.end());
    return path;
  };
  const std::vector<Step> copy = below({{"kernel_clone"}, {"copy_process"}});
  std::vector<Step> mmap = copy;
  mmap.push_back({"dup_mmap"});
  std::vector<Step> page = mmap;
  page.insert(page.end(), {{"__pte_alloc"}, {"alloc_pages"}, {"clear_page_erms", How::kJump}});
  profile.Cut(Cut::kClock, 0, Mode::kUser).RunProgram(10);
  profile.Cut(Cut::kEnter, 0, Mode::kKernel).Run(call, 50).Run(copy, 100);
  profile.Run(mmap, 100).Run(mmap, 1, loop, 0x80).Set(page, 200, 1600, 8);
  profile.Cut(Cut::kLeave, 0, Mode::kUser).RunProgram(5);
  profile.Cut(Cut::kEnter, 0, Mode::kKernel);
  profile.Run(below({{"kernel_wait4"}, {"do_wait"}, {"schedule"}, {"__schedule"}}), 40);
  profile.Cut(Cut::kSwitch, child, Mode::kKernel, true);
  profile.Run({{"ret_from_fork"}, {"schedule_tail"}}, 30);
  profile.Cut(Cut::kLeave, child, Mode::kUser, true).RunProgram(5);
  profile.Cut(Cut::kEnter, child, Mode::kKernel, true);
  profile.Run(below({{"do_exit"}, {"exit_mm"}}), 150);
  profile.Run({{"asm_sysvec_apic_timer_interrupt", How::kInterrupt}}, 60);
  profile.Cut(Cut::kSwitch, 0, Mode::kKernel);
  profile.Run(below({{"kernel_wait4"}, {"do_wait"}, {"release_task"}}),
              240 - static_cast<uint32_t>(loop));
  profile.Cut(Cut::kLeave, 0, Mode::kUser).RunProgram(10);
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "harness/explain/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace procmark::explain {
namespace {

// What a whole profile shows of a task.
struct Traits {
  bool runs_programs = false;
  size_t first_segment = 0;
  std::set<uint32_t> paths;  // nodes that it was on
};

std::map<TaskId, Traits> TraitsOf(const Profile& profile) {
  std::map<TaskId, Traits> all;
  for (size_t i = 0; i < profile.segments.size(); ++i) {
    const Segment& segment = profile.segments[i];
    const auto [known, added] = all.try_emplace(TaskOf(segment));
    Traits& traits = known->second;
    if (added) traits.first_segment = i;
    traits.runs_programs = traits.runs_programs || segment.mode == Mode::kUser;
    if (segment.mode != Mode::kKernel) continue;
    for (const SpotCount& count : segment.counts) {
      traits.paths.insert(profile.spots[count.spot].node);
    }
  }
  return all;
}

// Functions that say nothing of a thread: every one passes them.
bool IsCommon(std::string_view name) {
  constexpr std::array<std::string_view, 10> kCommon = {
      "__switch_to_asm", "__switch_to",
      "cpu_switch_to",   "schedule",
      "__schedule",      "schedule_timeout",
      "ret_from_fork",   "ret_from_fork_asm",
      "kthread",         "preempt_schedule_common"};
  return std::ranges::find(kCommon, name) != kCommon.end();
}

// The outermost function of a kernel thread that says what it is, of those that were seen.
std::string NameOfThread(const Profile& profile, const Traits& traits, const SymbolTable& symbols) {
  for (uint32_t node : traits.paths) {
    std::vector<uint32_t> path;  // outermost last
    bool interrupt = false;
    for (; node != 0; node = profile.nodes[node].parent) {
      path.push_back(profile.nodes[node].function);
      interrupt = interrupt || profile.nodes[node].how == How::kInterrupt;
    }
    if (interrupt) continue;
    const auto outermost = std::find_if(path.rbegin(), path.rend(), [&](uint32_t function) {
      return !IsCommon(symbols.functions[function].name);
    });
    if (outermost != path.rend()) return symbols.functions[*outermost].base;
  }
  return "of the kernel";
}

bool IsIdle(const std::string& thread) {
  return thread == "cpu_startup_entry" || thread == "do_idle" || thread == "rest_init" ||
         thread == "start_kernel";
}

}  // namespace

std::vector<SampleTask> TasksOf(const Profile& profile, const SampleSpan& span,
                                const SymbolTable& symbols, const std::string& from) {
  const std::map<TaskId, Traits> traits = TraitsOf(profile);
  const bool child_first = from == "child_start" || from == "child_exit";
  std::vector<SampleTask> tasks;
  int children = child_first ? 1 : 0;
  int callers = child_first ? 0 : 1;
  int others = 0;
  const auto numbered = [](const char* name, int number) {
    return number == 1 ? std::string(name) : fmt::format("{} {}", name, number);
  };
  for (size_t i = span.begin; i < span.end; ++i) {
    const Segment& segment = profile.segments[i];
    const TaskId id = TaskOf(segment);
    if (std::ranges::find(tasks, id, &SampleTask::id) != tasks.end()) continue;
    const Traits& of_task = traits.at(id);
    const bool began_here = segment.seen_born && of_task.first_segment >= span.begin;
    SampleTask task{id, "", false};
    if (tasks.empty()) {
      task.name = child_first ? "child" : "caller";
      task.is_child = child_first;
    } else if (began_here && of_task.runs_programs) {
      task.name = numbered("child", ++children);
      task.is_child = true;
    } else if (of_task.runs_programs) {
      task.name = ++callers == 1 ? "caller" : numbered("other process", ++others);
    } else {
      const std::string thread = NameOfThread(profile, of_task, symbols);
      task.name = IsIdle(thread) ? "idle" : "kernel thread " + thread;
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
// Reads /proc into a table.
#include "conformance/vocabulary/tasks.h"

#include <algorithm>
#include <optional>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/observe.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

pid_t task_session = 0;

std::vector<pid_t> NumbersIn(const std::string& folder) {
  std::vector<pid_t> numbers;
  for (const std::string& name : NamesIn(folder).value_or(std::vector<std::string>{})) {
    const std::optional<pid_t> number = sys::ParseNumber<pid_t>(name);
    if (number && *number > 0) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// The unusual lines of a status file: a tracer, and masks of signals that are not empty.
std::string DescribeSignals(const std::string& status) {
  std::string words;
  for (const char* name : {"TracerPid", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"}) {
    const size_t at = status.find(std::string("\n") + name + ":\t");
    if (at == std::string::npos) continue;
    const size_t value = status.find('\t', at) + 1;
    const std::string text = status.substr(value, status.find('\n', value) - value);
    const size_t first = text.find_first_not_of('0');
    if (first != std::string::npos) words += std::string(" ") + name + " " + text.substr(first);
  }
  return words;
}

std::string DescribeThread(pid_t pid, pid_t tid) {
  const sys::Result<sys::ProcStat> stat = sys::ProcStat::ReadThread(pid, tid);
  if (!stat) return {};
  const sys::ProcStat& task = stat.Value();
  const sys::Result<std::string> channel = sys::ReadSmallFile(TaskPath(pid, tid, "wchan"));
  std::string line = "  pid " + std::to_string(pid) + " tid " + std::to_string(tid);
  line += " ppid " + std::to_string(task.ParentPid());
  line += " pgrp " + std::to_string(task.ProcessGroup());
  line += " sid " + std::to_string(task.Session());
  line += " state " + std::string(1, task.state);
  line += " threads " + std::to_string(task.NumThreads());
  line += " comm (" + task.comm + ")";
  const sys::Result<std::string> status = sys::ReadSmallFile(TaskPath(pid, tid, "status"));
  if (status) line += DescribeSignals(status.Value());
  if (channel && !channel.Value().empty() && channel.Value() != "0") {
    line += " wchan " + channel.Value();
  }
  return line + "\n";
}

}  // namespace

std::vector<pid_t> ListProcesses(pid_t except, pid_t session) {
  std::vector<pid_t> processes = NumbersIn("/proc");
  std::erase_if(processes, [&](pid_t pid) {
    if (pid == except) return true;
    if (session == 0) return false;
    const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(pid);
    return !stat || stat.Value().Session() != session;
  });
  return processes;
}

std::string DescribeTasks(const std::vector<pid_t>& processes) {
  std::string table;
  for (const pid_t pid : processes) {
    for (const pid_t tid : NumbersIn(ProcPath(pid, "task"))) {
      table += DescribeThread(pid, tid);
    }
  }
  return table;
}

std::string DescribeOwnTasks() {
  return DescribeTasks(ListProcesses(InOwnPidNamespace() ? 1 : 0, task_session));
}

void SetTaskSession(pid_t session) { task_session = session; }
bool InOwnPidNamespace() { return task_session == 0; }

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// Instances of tracefs, their filters and the text of the trace.
#include "conformance/vocabulary/trace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/leftovers.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

// The filter for an event: it compares the fields that hold a comm.
std::string FilterOf(const std::string& event, const std::string& comm) {
  const std::string is = " == \"" + comm + "\"";
  if (event == "sched/sched_switch") return "prev_comm" + is + " || next_comm" + is;
  if (event == "sched/sched_process_fork") return "parent_comm" + is;
  if (event == "sched/sched_process_exec") return "";
  return "comm" + is;
}

std::string ReadAll(const std::string& path) {
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  ssize_t got = 0;
  while (file.Valid() && (got = ::read(file.Get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

// "comm-123   [000] d..2. 12.345678: name: words"; comments begin with '#'.
std::optional<TraceEvent> Parse(const std::string& line) {
  const size_t cpu = line.find(" [");
  const size_t time_end = line.find(": ", cpu == std::string::npos ? 0 : cpu);
  if (line.empty() || line[0] == '#' || cpu == std::string::npos) return {};
  if (time_end == std::string::npos) return {};
  const size_t name_end = line.find(": ", time_end + 2);
  if (name_end == std::string::npos) return {};
  TraceEvent event;
  const std::string head = line.substr(0, line.find_last_not_of(' ', cpu) + 1);
  event.task = sys::ParseNumber<pid_t>(head.substr(head.rfind('-') + 1)).value_or(0);
  event.name = line.substr(time_end + 2, name_end - time_end - 2);
  event.words = " " + line.substr(name_end + 2);
  return event;
}

}  // namespace

std::string TraceEvent::Value(const std::string& key) const {
  const size_t at = words.find(" " + key + "=");
  if (at == std::string::npos) return {};
  const size_t start = at + key.size() + 2;
  return words.substr(start, words.find(' ', start) - start);
}

pid_t TraceEvent::Number(const std::string& key) const {
  return sys::ParseNumber<pid_t>(Value(key)).value_or(-1);
}

std::string TracefsFolder() {
  for (const char* folder : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    if (::access((std::string(folder) + "/instances").c_str(), W_OK) == 0) return folder;
  }
  return {};
}

std::optional<Trace> Trace::Start(const std::vector<std::string>& events, std::string* why) {
  const std::string root = TracefsFolder();
  if (root.empty()) {
    *why = "no tracefs is mounted that this user may write to";
    return {};
  }
  const std::string name = NewMachineName();
  const std::string comm = "pm-" + name.substr(name.rfind('.') + 1);  // 15 characters
  const std::string folder = root + "/instances/" + name;
  if (::mkdir(folder.c_str(), 0700) != 0) {
    *why = "this user may not make a trace instance: " + std::string(std::strerror(errno));
    return {};
  }
  Trace trace(folder, comm);
  (void)WriteText(folder + "/trace_clock", "global");
  for (const std::string& event : events) {
    const std::string switches = folder + "/events/" + event;
    const std::string filter = FilterOf(event, comm);
    int error = filter.empty() ? 0 : WriteText(switches + "/filter", filter);
    if (error == 0) error = WriteText(switches + "/enable", "1");
    if (error != 0) {
      *why = "this kernel cannot trace " + event + ": " + std::strerror(error);
      return {};
    }
  }
  return std::optional<Trace>(std::move(trace));
}

Trace::~Trace() {
  if (folder_.empty()) return;
  if (!RemoveTraceInstance(folder_, TestDeadline().PollTimeoutMs())) {
    ADD_FAILURE() << folder_ << " cannot be removed";
  }
}

void Trace::Watch() const { (void)::prctl(PR_SET_NAME, comm_.c_str()); }

std::vector<TraceEvent> Trace::Events() const {
  std::istringstream text(ReadAll(folder_ + "/trace"));
  std::vector<TraceEvent> events;
  for (std::string line; std::getline(text, line);) {
    if (std::optional<TraceEvent> event = Parse(line)) events.push_back(std::move(*event));
  }
  return events;
}

std::vector<TraceEvent> Trace::EventsUntil(
    const std::function<bool(const std::vector<TraceEvent>&)>& enough) const {
  while (true) {
    std::vector<TraceEvent> events = Events();
    if (enough(events) || TestDeadline().Expired()) return events;
    ::sched_yield();
  }
}

int IndexOf(const std::vector<TraceEvent>& events, const std::string& name, const std::string& key,
            pid_t value, int from) {
  for (size_t i = static_cast<size_t>(from); i < events.size(); ++i) {
    if (events[i].name == name && events[i].Number(key) == value) return static_cast<int>(i);
  }
  return -1;
}

Birth FirstBirth(const Events& events) {
  for (const TraceEvent& event : events) {
    if (event.name == "sched_process_fork") {
      return {event.Number("pid"), event.Number("child_pid")};
    }
  }
  return {};
}

int LastSwitch(const Events& events, pid_t pid) {
  for (size_t i = 0; i < events.size(); ++i) {
    const std::string state = events[i].Value("prev_state");
    if (events[i].name == "sched_switch" && events[i].Number("prev_pid") == pid &&
        (state.starts_with("Z") || state.starts_with("X"))) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int SignalIndex(const Events& events, pid_t target, int signal, int code) {
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].name == "signal_generate" && events[i].Number("pid") == target &&
        events[i].Number("sig") == signal && events[i].Number("code") == code) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int ChildSignals(const Events& events, pid_t target) {
  int count = 0;
  for (const TraceEvent& event : events) {
    if (event.name == "signal_generate" && event.Number("pid") == target &&
        event.Number("sig") == SIGCHLD) {
      ++count;
    }
  }
  return count;
}

bool FirstChildIsOff(const Events& events) {
  return LastSwitch(events, FirstBirth(events).child) >= 0;
}

Events TraceOneChild(const Trace& trace, const std::function<void()>& end_child) {
  const Handshake seen;
  ScopedChild parent = Fork([&] {
    trace.Watch();
    const pid_t pid = ::fork();
    if (pid == 0) {
      end_child();
      ::_exit(0);
    }
    const bool told = seen.Await();
    return told && Wait4(pid, 0).pid == pid ? 0 : 1;
  });
  (void)trace.EventsUntil(FirstChildIsOff);
  seen.Notify();
  EXPECT_EQ(parent.Reap(), 0);
  return trace.EventsUntil([](const Events& events) {
    return IndexOf(events, "sched_process_free", "pid", FirstBirth(events).child) >= 0;
  });
}

}  // namespace procmark::conformance

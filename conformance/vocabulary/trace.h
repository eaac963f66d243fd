// SPDX-License-Identifier: MIT
// Trace: events that the kernel records about processes, by an instance of tracefs of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace procmark::conformance {

// One line of the trace, e.g. "comm-123 [000] d..2. 12.345678: sched_process_exit: comm=x pid=123".
struct TraceEvent {
  std::string name;   // "sched_process_exit"
  pid_t task = 0;     // the running task's pid in the initial namespace
  std::string words;  // the text after the name: "comm=x pid=123 prio=120"
  // The value after "key=" in words; "" when there is none.
  std::string Value(const std::string& key) const;
  // The same as a number; -1 when it is not one.
  pid_t Number(const std::string& key) const;
};

// Records events of the tasks that called Watch(), and of the children that inherited their name.
// The machine's own tracing is not touched: everything happens in instances/NAME, which is removed
// at the end of scope.
class Trace {
 public:
  // Names events by "system/name". Empty, with a sentence in *why, when the machine has no tracefs
  // or lacks an event.
  static std::optional<Trace> Start(const std::vector<std::string>& events, std::string* why);
  Trace(Trace&& other) noexcept
      : folder_(std::exchange(other.folder_, std::string())), comm_(std::move(other.comm_)) {}
  Trace& operator=(Trace&&) = delete;
  ~Trace();

  // Gives the calling thread the name that is watched. Async-signal-safe.
  void Watch() const;
  // All events so far, in the order of time. Recording goes on.
  std::vector<TraceEvent> Events() const;
  // Events() once `enough` holds for them, or the events at the test's deadline.
  std::vector<TraceEvent> EventsUntil(
      const std::function<bool(const std::vector<TraceEvent>&)>& enough) const;

 private:
  Trace(std::string folder, std::string comm)
      : folder_(std::move(folder)), comm_(std::move(comm)) {}
  std::string folder_;
  std::string comm_;  // unique to this instance: other tests trace at the same time
};

// Where tracefs is mounted and this user may write to it; "" when nowhere.
std::string TracefsFolder();

// The index of the first event, from `from` on, with that name and that value of key; -1 for none.
int IndexOf(const std::vector<TraceEvent>& events, const std::string& name, const std::string& key,
            pid_t value, int from = 0);

using Events = std::vector<TraceEvent>;

// Declares `name`, a std::optional<Trace> that records these events, or skips the test.
#define OWN_TRACE(name, ...)                                                     \
  std::string why_no_##name;                                                     \
  const std::optional<Trace> name = Trace::Start({__VA_ARGS__}, &why_no_##name); \
  if (!name) GTEST_SKIP() << why_no_##name

// The pids in the first sched_process_fork of the trace; -1 when there is none.
struct Birth {
  pid_t parent = -1;
  pid_t child = -1;
};
Birth FirstBirth(const Events& events);

// The index of the last switch away from the task, with prev_state Z or X; -1 when it has not
// happened.
int LastSwitch(const Events& events, pid_t pid);

// The index of the first signal to `target` with that number and code; -1 for none.
int SignalIndex(const Events& events, pid_t target, int signal, int code);

// How many SIGCHLD were generated for `target`.
int ChildSignals(const Events& events, pid_t target);

// True when the trace has the last switch away from the first child.
bool FirstChildIsOff(const Events& events);

// A watched parent forks a watched child that runs `end_child` and then exits with 0. The child is
// reaped only when its last switch is in the trace: a child that has already been reaped would have
// the state X there. Returns all events after the reap.
Events TraceOneChild(const Trace& trace, const std::function<void()>& end_child);

}  // namespace procmark::conformance

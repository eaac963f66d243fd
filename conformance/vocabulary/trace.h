// Trace: the kernel's own events of processes, by tracefs, in an instance of our own.
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
  pid_t task = 0;     // who was running, numbered in the initial namespace
  std::string words;  // what follows the name: "comm=x pid=123 prio=120"
  // The value of "key=" in words, "" when there is none.
  std::string Value(const std::string& key) const;
  pid_t Number(const std::string& key) const;
};

// Records events of the tasks that called Watch(), and of the children that inherited their name.
// Buffers and switches of the machine's own tracing are left alone: everything happens in
// instances/NAME, which is removed at the end.
class Trace {
 public:
  // Events by "system/name". Empty, with a sentence in *why, when the machine has no tracefs or
  // lacks an event.
  static std::optional<Trace> Start(const std::vector<std::string>& events, std::string* why);
  Trace(Trace&& other) noexcept
      : folder_(std::exchange(other.folder_, std::string())), comm_(std::move(other.comm_)) {}
  Trace& operator=(Trace&&) = delete;
  ~Trace();

  // Gives the calling thread the name that is watched. Async-signal-safe.
  void Watch() const;
  // Everything so far, in the order of time. Recording goes on.
  std::vector<TraceEvent> Events() const;
  // Events() once `enough` holds for them; what there is when the test's deadline passes.
  std::vector<TraceEvent> EventsUntil(
      const std::function<bool(const std::vector<TraceEvent>&)>& enough) const;

 private:
  Trace(std::string folder, std::string comm)
      : folder_(std::move(folder)), comm_(std::move(comm)) {}
  std::string folder_;
  std::string comm_;  // of this instance alone: other tests trace at the same time
};

// Where tracefs is mounted; "" when nowhere.
std::string TracefsFolder();

// The index of the first event from `from` on with that name and that value of key; -1 for none.
int IndexOf(const std::vector<TraceEvent>& events, const std::string& name, const std::string& key,
            pid_t value, int from = 0);

using Events = std::vector<TraceEvent>;

// Starts `name`, a trace of these events, or skips.
#define OWN_TRACE(name, ...)                                                     \
  std::string why_no_##name;                                                     \
  const std::optional<Trace> name = Trace::Start({__VA_ARGS__}, &why_no_##name); \
  if (!name) GTEST_SKIP() << why_no_##name

// Pids of the first sched_process_fork in the trace; -1 when there is none.
struct Birth {
  pid_t parent = -1;
  pid_t child = -1;
};
Birth FirstBirth(const Events& events);

// The index of the task's last switch, out of which it never comes (prev_state Z or X); -1 when it
// has not happened.
int LastSwitch(const Events& events, pid_t pid);

// The index of the first signal to `target` with that number and code; -1 for none.
int SignalIndex(const Events& events, pid_t target, int signal, int code);

// How many SIGCHLD were generated for `target`.
int ChildSignals(const Events& events, pid_t target);

}  // namespace procmark::conformance

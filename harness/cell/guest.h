// SPDX-License-Identifier: MIT
// Boots a guest, takes its records, and reports how it ended. Guests are not trusted: their output
// is limited and validated, and their silence has a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/store/run.h"
#include "harness/wire/event.h"

namespace procmark::cell {

struct GuestLimits {
  int64_t silence_ms = 180'000;             // without a byte on any channel: it hangs
  int64_t total_ms = 1'800'000;             // from start to end
  int64_t most_output_bytes = 256LL << 20;  // records and console together
  bool silent_power_off = false;            // Machine::silent_power_off of its architecture
  int64_t guest_memory_mib = 512;           // QEMU itself gets some more (address space, cgroup)
  const char* needed_cpu = "";              // Machine::needed_cpu of its architecture
};

enum class GuestEnd {
  kDone,     // it said done and powered off
  kCrash,    // its kernel panicked or reset
  kTimeout,  // it hung
  kLost,     // it stopped talking, sent garbage, or QEMU failed
  kRefused,  // QEMU has no such CPU model or machine, or the kernel does not run on this CPU: no
             // verdict, and another try gives the same
  kInterrupted,  // ended by an Interrupt
};

// What an end is recorded as; nothing for kDone, kRefused and kInterrupted.
std::optional<store::LossKind> LossKindOf(GuestEnd end);

// How a guest ended.
struct GuestOutcome {
  GuestEnd end = GuestEnd::kDone;
  std::string sentence;  // why; "" for kDone
  std::string console_tail;
  std::vector<std::string> kernel_troubles;  // oopses, BUGs and WARNINGs of a kernel that lived on
  // What the host knows about it: "measured.ready_cpu_ms", QEMU's CPU time until
  // the first program of the job started; of pinned guests "host.vcpu_cpus", the CPUs of the vCPUs,
  // and "measured.huge_kib", QEMU's memory that is in huge pages. "measured.init_said": the last
  // sentences of the guest's init on the console, when there were any.
  std::map<std::string, std::string> facts;
};

// Where a settled guest stops to get its job: addresses in its init, which procmark-images reads
// from its symbols (images/guest/handover.h).
struct Handover {
  uint64_t stop = 0;
  uint64_t job = 0;
  uint64_t job_bytes = 0;
};

// One running QEMU and everything it says. Only one thread may use it, and it dies with the thread
// that made it. Its destructor ends QEMU.
class Guest {
 public:
  using OnEvent = std::function<void(const wire::Event&)>;

  // Starts `argv` (from QemuArgv with Console::kPipes), paused. Events come in the guest's order;
  // `on_event` may throw, the exception passes through. It sees init's own events and the relayed
  // ones of its programs. Throws a lost Complaint when there is no such QEMU.
  Guest(const std::vector<std::string>& argv, const GuestLimits& limits, OnEvent on_event);
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest();

  // Each call that uses QEMU's monitor or debugger throws a lost Complaint when it does not answer.
  // After Abandon(), Finish() tells how the guest ended.

  // Lets it run. `pinned`: each vCPU gets a CPU of its own, if there are enough.
  void Start(bool pinned);
  // Runs to the handover. False when it ended before, or was ended here: see Finish().
  bool RunTo(const Handover& handover);
  // Saves the state of a guest that is stopped at its handover, without the memory, which QEMU has
  // in a shared file. Throws a lost Complaint.
  std::string Save();
  // Loads the state that Save() returned, and the records that were written before it. The QEMU
  // must have been started with GuestMemory::incoming. False in the same cases as RunTo().
  bool Restore(const std::string& state, std::string_view records);
  // Writes the job of a guest that is stopped at its handover and lets it run. Throws a usage
  // Complaint when the job is too long.
  void HandOver(const Handover& handover, std::string_view job);
  // All bytes that came by the record channel, including Restore()'s.
  const std::string& Records() const;
  // Stops waiting. Records "lost" with this reason unless the guest reported its own.
  void Abandon(const std::string& why);
  // Waits until the guest has ended, and tells how. Call it once.
  GuestOutcome Finish();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

// Calls `drive` with the guest, then waits for its end. A QEMU that does not answer ends as kLost.
// A store::RecordFailure of `on_event` passes through.
GuestOutcome Conduct(Guest& guest, const std::function<void(Guest&)>& drive);

// Runs a guest that needs no handover to its end.
GuestOutcome RunGuest(const std::vector<std::string>& argv, const GuestLimits& limits,
                      const Guest::OnEvent& on_event, bool pinned = false);

}  // namespace procmark::cell

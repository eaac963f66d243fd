// Call: one system call of a traced task, stopped before or after the kernel does it, and what may
// be changed about it. amd64 only: registers differ between architectures.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace procmark::fault {

class Call {
 public:
  using Edit = std::function<void(Call&)>;

  // `task` is stopped at seccomp's event or at the return of a call. Nothing when it was killed
  // meanwhile.
  static std::optional<Call> Of(pid_t task);

  pid_t Task() const { return task_; }
  long Number() const { return static_cast<long>(registers_.orig_rax); }
  // Another system call is done in its place, with the same arguments.
  void SetNumber(long number);
  // Arguments are counted from 0.
  uint64_t Argument(int index) const;
  void SetArgument(int index, uint64_t value);
  // Clears bits of an argument. True when any of them was set.
  bool ClearBits(int index, uint64_t bits);

  // The call is not done; the task sees `result` (-errno for a failure). Only before the call.
  void Answer(int64_t result);

  // What the kernel answered; only at the return.
  int64_t Result() const { return static_cast<int64_t>(registers_.rax); }
  void SetResult(int64_t result);

  // Runs `edit` when the call returns; it sees the arguments as they were before it. Only before.
  void AtReturn(Edit edit) { at_return_ = std::move(edit); }
  Edit TakeReturnEdit() { return std::move(at_return_); }

  // The task's memory, whatever its protection. False when there is none at that address.
  bool ReadMemory(uint64_t address, void* into, size_t size) const;
  bool WriteMemory(uint64_t address, const void* from, size_t size) const;
  template <typename T>
  std::optional<T> Read(uint64_t address) const {
    T value;
    if (address == 0 || !ReadMemory(address, &value, sizeof value)) return {};
    return value;
  }
  template <typename T>
  bool Write(uint64_t address, const T& value) const {
    return address != 0 && WriteMemory(address, &value, sizeof value);
  }

  // Gives the changed registers to the task. The caller resumes it.
  void Commit();

 private:
  Call(pid_t task, const user_regs_struct& registers) : task_(task), registers_(registers) {}
  pid_t task_;
  user_regs_struct registers_;
  bool changed_ = false;
  Edit at_return_;
};

}  // namespace procmark::fault

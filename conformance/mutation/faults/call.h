// SPDX-License-Identifier: MIT
// Call: one system call of a traced task that is stopped before or after the call, and the changes
// that can be made to it. For amd64 only, because registers differ between architectures.
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

  // The call of `task`, which is in a seccomp stop or in a stop at the return of a call. Nothing
  // when the task was killed in between.
  static std::optional<Call> Of(pid_t task);

  pid_t Task() const { return task_; }
  long Number() const { return static_cast<long>(registers_.orig_rax); }
  // Makes the kernel execute another system call instead, with the same arguments.
  void SetNumber(long number);
  // The first argument has the index 0.
  uint64_t Argument(int index) const;
  void SetArgument(int index, uint64_t value);
  // Clears `bits` of an argument. Returns true when one of them was set.
  bool ClearBits(int index, uint64_t bits);

  // Skips the call and makes it return `result`, which is -errno for a failure. Only before the
  // call.
  void Answer(int64_t result);

  // What the kernel returned. Only at the return.
  int64_t Result() const { return static_cast<int64_t>(registers_.rax); }
  void SetResult(int64_t result);

  // Runs `edit` when the call returns. The edit sees the arguments as they were before the call.
  // Only before the call.
  void AtReturn(Edit edit) { at_return_ = std::move(edit); }
  Edit TakeReturnEdit() { return std::move(at_return_); }

  // Access the memory of the task, also where it is protected. They return false when nothing is
  // mapped at `address`.
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

  // Writes the changed registers to the task. The caller resumes the task.
  void Commit();

 private:
  Call(pid_t task, const user_regs_struct& registers) : task_(task), registers_(registers) {}
  pid_t task_;
  user_regs_struct registers_;
  bool changed_ = false;
  Edit at_return_;
};

}  // namespace procmark::fault

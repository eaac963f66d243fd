// SPDX-License-Identifier: MIT
#include "conformance/mutation/faults/call.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "harness/sys/fd.h"

#ifndef __x86_64__
#error "procmark-fault supports amd64 only"
#endif

namespace procmark::fault {
namespace {

unsigned long long user_regs_struct::*const kArguments[] = {
    &user_regs_struct::rdi, &user_regs_struct::rsi, &user_regs_struct::rdx,
    &user_regs_struct::r10, &user_regs_struct::r8,  &user_regs_struct::r9};

sys::Fd OpenMemory(pid_t task, int flags) {
  const std::string path = "/proc/" + std::to_string(task) + "/mem";
  return sys::Fd(::open(path.c_str(), flags | O_CLOEXEC));
}

}  // namespace

std::optional<Call> Call::Of(pid_t task) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, task, nullptr, &registers) != 0) return {};
  return Call(task, registers);
}

void Call::SetNumber(long number) {
  registers_.orig_rax = static_cast<unsigned long long>(number);
  changed_ = true;
}

uint64_t Call::Argument(int index) const { return registers_.*kArguments[index]; }

void Call::SetArgument(int index, uint64_t value) {
  registers_.*kArguments[index] = value;
  changed_ = true;
}

bool Call::ClearBits(int index, uint64_t bits) {
  const uint64_t before = Argument(index);
  if ((before & bits) == 0) return false;
  SetArgument(index, before & ~bits);
  return true;
}

// The kernel skips a call whose number is -1 (seccomp(2), SECCOMP_RET_TRACE).
void Call::Answer(int64_t result) {
  SetNumber(-1);
  SetResult(result);
}

void Call::SetResult(int64_t result) {
  registers_.rax = static_cast<unsigned long long>(result);
  changed_ = true;
}

bool Call::ReadMemory(uint64_t address, void* into, size_t size) const {
  const sys::Fd memory = OpenMemory(task_, O_RDONLY);
  return memory.Valid() && ::pread(memory.Get(), into, size, static_cast<off_t>(address)) ==
                               static_cast<ssize_t>(size);
}

bool Call::WriteMemory(uint64_t address, const void* from, size_t size) const {
  const sys::Fd memory = OpenMemory(task_, O_WRONLY);
  return memory.Valid() && ::pwrite(memory.Get(), from, size, static_cast<off_t>(address)) ==
                               static_cast<ssize_t>(size);
}

void Call::Commit() {
  // ESRCH means that the task was killed in its stop; waitpid reports its end.
  if (changed_) (void)::ptrace(PTRACE_SETREGS, task_, nullptr, &registers_);
  changed_ = false;
}

}  // namespace procmark::fault

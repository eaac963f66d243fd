// SPDX-License-Identifier: MIT
#include "images/guest/port_io.h"

#if defined(__x86_64__)

#include <ucontext.h>

#include <cerrno>
#include <csignal>

namespace procmark::guest {
namespace {

// The port instruction that is about to run, and where to go on when it faults.
volatile greg_t guarded_instruction = 0;
volatile greg_t instruction_after = 0;
volatile std::sig_atomic_t faulted = 0;

void OnSegmentationFault(int signal, siginfo_t* info, void* context) {
  greg_t& rip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  if (info->si_code > 0 && rip == guarded_instruction) {
    faulted = 1;
    rip = instruction_after;
    return;
  }
  std::signal(signal, SIG_DFL);
  // A fault comes again when the instruction does; a signal that a process sent does not.
  if (info->si_code <= 0) std::raise(signal);
}

void InstallHandler() {
  static bool installed = false;
  if (installed) return;
  struct sigaction action {};
  action.sa_sigaction = &OnSegmentationFault;
  action.sa_flags = SA_SIGINFO;
  installed = ::sigaction(SIGSEGV, &action, nullptr) == 0;
}

}  // namespace

sys::Result<unsigned char> ReadPort(uint16_t port) {
  InstallHandler();
  faulted = 0;
  unsigned char value = 0;
  greg_t scratch = 0;
  asm volatile(
      "lea 1f(%%rip), %[scratch]\n"
      "mov %[scratch], %[guarded]\n"
      "lea 2f(%%rip), %[scratch]\n"
      "mov %[scratch], %[after]\n"
      "1: inb %%dx, %%al\n"
      "2:\n"
      : "+a"(value), [scratch] "=&r"(scratch), [guarded] "=m"(guarded_instruction),
        [after] "=m"(instruction_after)
      : "d"(port)
      : "memory");
  if (faulted != 0) return sys::Error{"reading the I/O port", EFAULT};
  return value;
}

sys::Result<void> WritePort(uint16_t port, std::string_view& bytes) {
  InstallHandler();
  faulted = 0;
  const char* next = bytes.data();
  size_t left = bytes.size();
  greg_t scratch = 0;
  // The registers say at every moment what is left: the instruction can be interrupted.
  asm volatile(
      "lea 1f(%%rip), %[scratch]\n"
      "mov %[scratch], %[guarded]\n"
      "lea 2f(%%rip), %[scratch]\n"
      "mov %[scratch], %[after]\n"
      "1: rep outsb\n"
      "2:\n"
      : "+S"(next), "+c"(left), [scratch] "=&r"(scratch), [guarded] "=m"(guarded_instruction),
        [after] "=m"(instruction_after)
      : "d"(port)
      : "memory");
  bytes.remove_prefix(bytes.size() - left);
  if (faulted != 0) return sys::Error{"writing to the I/O port", EFAULT};
  return {};
}

}  // namespace procmark::guest

#endif

// SPDX-License-Identifier: MIT
#include "images/guest/handover.h"

#include <cstddef>
#include <cstring>

namespace {
// As much as images/host/initramfs.h gives a job (kJobBytes); the symbol's size tells the host.
constexpr size_t kJobBytes = 64 * 1024;
}  // namespace

// Found by name in this program's symbol table (images/host/handover_symbols.h).
extern "C" {
extern char procmark_job[kJobBytes];
alignas(4096) char procmark_job[kJobBytes];
}

namespace procmark::guest {

[[gnu::noinline]] std::string_view TakeHandedOverJob() {
  // A page that was never written has no memory of its own that a debugger could write to.
  std::memset(procmark_job, ' ', sizeof(procmark_job));
  procmark_job[0] = '\0';
  // A global label, not a function: on ppc64el a function has two entries. The job changes there.
  asm volatile(
      ".globl procmark_handover\n"
      "procmark_handover:\n"
      "  nop\n"
      :
      :
      : "memory");
  return {procmark_job, ::strnlen(procmark_job, sizeof(procmark_job))};
}

}  // namespace procmark::guest

// SPDX-License-Identifier: MIT
#include "conformance/mutation/faults/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "harness/sys/complaint.h"

namespace procmark::fault {
namespace {

sock_filter Load(size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

uint32_t ActionOf(const Rule& rule) {
  if (rule.edit != nullptr) return SECCOMP_RET_TRACE;
  return SECCOMP_RET_ERRNO | (static_cast<uint32_t>(rule.error) & SECCOMP_RET_DATA);
}

// Appends one rule: checks that continue with the next one when they match, and that jump over the
// rule's action when they do not.
void Append(const Rule& rule, std::vector<sock_filter>& program) {
  constexpr size_t kChecked = 3;  // load, mask, compare
  size_t behind = rule.when.size() * kChecked + 1;
  const auto away = [&behind](size_t used) { return static_cast<uint8_t>(behind -= used); };
  program.push_back(Load(offsetof(seccomp_data, nr)));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(rule.number), 0,
                             static_cast<uint8_t>(behind)));
  for (const Condition& condition : rule.when) {
    const uint8_t jump = away(kChecked);
    const auto argument = static_cast<size_t>(condition.argument);
    program.push_back(Load(offsetof(seccomp_data, args) + argument * sizeof(uint64_t)));
    program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition.mask));
    program.push_back(
        condition.equal
            ? sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition.value, 0, jump)
            : sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition.value, jump, 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, ActionOf(rule)));
}

}  // namespace

std::vector<sock_filter> MakeFilter(const std::vector<Rule>& rules) {
  std::vector<sock_filter> program = {
      Load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  for (const Rule& rule : rules) Append(rule, program);
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return program;
}

void InstallFilter(const std::vector<Rule>& rules) {
  std::vector<sock_filter> program = MakeFilter(rules);
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                          .filter = program.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0) return;
  if (errno == EACCES && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0) {
    return;
  }
  sys::ThrowUsage(std::string("this kernel refuses a seccomp filter (") + std::strerror(errno) +
                  "): faults need seccomp(2)");
}

}  // namespace procmark::fault

// SPDX-License-Identifier: MIT
#include "harness/explain/plugin/qemu_api.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

namespace procmark::explain {
namespace {

constexpr int kInlineAdd = 0;  // QEMU_PLUGIN_INLINE_ADD_U64
constexpr int kOldest = 1;
constexpr int kPerVcpuSince = 2;
constexpr int kCopiesSince = 3;
constexpr int kNewest = 6;
constexpr unsigned kOnlyVcpu = 0;

// An entry of a scoreboard: qemu_plugin_u64.
struct BoardEntry {
  void* board;
  size_t offset;
};

using DataByPointer = const void* (*)(const qemu_plugin_insn*);
using DataByCopy = size_t (*)(const qemu_plugin_insn*, void*, size_t);
using InlineExecution = void (*)(qemu_plugin_insn*, int operation, void* counter, uint64_t);
using InlineAccess = void (*)(qemu_plugin_insn*, qemu_plugin_mem_rw, int operation, void* counter,
                              uint64_t);
using BoardExecution = void (*)(qemu_plugin_insn*, int operation, BoardEntry, uint64_t);
using BoardAccess = void (*)(qemu_plugin_insn*, qemu_plugin_mem_rw, int operation, BoardEntry,
                             uint64_t);
using NewBoard = void* (*)(size_t);
using FindOnBoard = void* (*)(void*, unsigned vcpu);

// A function of QEMU's by its name, as the version in use declares it.
template <typename Function>
Function Find(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
}

bool AllFound(std::initializer_list<const char*> names) {
  return std::ranges::all_of(
      names, [](const char* name) { return ::dlsym(RTLD_DEFAULT, name) != nullptr; });
}

}  // namespace

int QemuApi::VersionToDeclare() {
  return AllFound({"qemu_plugin_scoreboard_new"}) ? kPerVcpuSince : kOldest;
}

const char* QemuApi::Bind(const qemu_info_t& info) {
  version_ = info.version.cur;
  if (version_ < kOldest) return "this QEMU is too old: it needs 7.2 or later";
  if (version_ > kNewest) {
    return "this QEMU has a plugin interface that procmark does not know yet (newer than 6)";
  }
  const bool found = AllFound({"qemu_plugin_insn_data"}) &&
                     (version_ >= kPerVcpuSince
                          ? AllFound({"qemu_plugin_scoreboard_new", "qemu_plugin_scoreboard_find",
                                      "qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu",
                                      "qemu_plugin_register_vcpu_mem_inline_per_vcpu"})
                          : AllFound({"qemu_plugin_register_vcpu_insn_exec_inline",
                                      "qemu_plugin_register_vcpu_mem_inline"}));
  if (!found) return "this QEMU's plugin interface lacks functions of the version that it claims";
  if (!info.system_emulation) return "this QEMU emulates no whole system";
  if (info.system.max_vcpus != 1) return "a profile is of guests with one CPU";
  return "";
}

size_t QemuApi::CopyBytes(const qemu_plugin_insn* instruction, uint8_t* to, size_t room) const {
  if (version_ >= kCopiesSince) {
    return Find<DataByCopy>("qemu_plugin_insn_data")(instruction, to, room);
  }
  const size_t size = std::min(room, qemu_plugin_insn_size(instruction));
  std::memcpy(to, Find<DataByPointer>("qemu_plugin_insn_data")(instruction), size);
  return size;
}

QemuApi::Counter QemuApi::MakeCounter() const {
  Counter counter;
  if (version_ < kPerVcpuSince) {
    counter.value = new uint64_t(0);
    return counter;
  }
  counter.board = Find<NewBoard>("qemu_plugin_scoreboard_new")(sizeof(uint64_t));
  // The place of the only CPU; boards move only when CPUs are added.
  counter.value = static_cast<uint64_t*>(
      Find<FindOnBoard>("qemu_plugin_scoreboard_find")(counter.board, kOnlyVcpu));
  return counter;
}

void QemuApi::CountExecution(qemu_plugin_insn* instruction, const Counter& counter) const {
  if (version_ < kPerVcpuSince) {
    Find<InlineExecution>("qemu_plugin_register_vcpu_insn_exec_inline")(instruction, kInlineAdd,
                                                                        counter.value, 1);
  } else {
    Find<BoardExecution>("qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu")(
        instruction, kInlineAdd, {counter.board, 0}, 1);
  }
}

void QemuApi::CountAccess(qemu_plugin_insn* instruction, const Counter& counter) const {
  if (version_ < kPerVcpuSince) {
    Find<InlineAccess>("qemu_plugin_register_vcpu_mem_inline")(instruction, QEMU_PLUGIN_MEM_RW,
                                                               kInlineAdd, counter.value, 1);
  } else {
    Find<BoardAccess>("qemu_plugin_register_vcpu_mem_inline_per_vcpu")(
        instruction, QEMU_PLUGIN_MEM_RW, kInlineAdd, {counter.board, 0}, 1);
  }
}

}  // namespace procmark::explain

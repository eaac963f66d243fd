// SPDX-License-Identifier: MIT
// What the plugin uses of QEMU's plugin interface. Debian packages no header for it, so it is
// declared here: for version 1 (QEMU 7.2 of Debian 12) and versions 2 to 6 (QEMU 9.0 and later;
// 10.0 of Debian 13 has 4). Source: the header "qemu-plugin" of QEMU.
//
//   version 2  counters that code increments inline are per CPU, in a scoreboard
//   version 3  qemu_plugin_insn_data() copies instead of returning a pointer
//   versions 4 to 6  change nothing that is used here
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

using qemu_plugin_id_t = uint64_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
using qemu_plugin_meminfo_t = uint32_t;
struct qemu_plugin_hwaddr;

struct qemu_info_t {
  const char* target_name;
  struct {
    int min;
    int cur;
  } version;
  bool system_emulation;
  struct {  // in a union of one member
    int smp_vcpus;
    int max_vcpus;
  } system;
};

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };

using qemu_plugin_vcpu_tb_trans_cb_t = void (*)(qemu_plugin_id_t, qemu_plugin_tb*);
using qemu_plugin_vcpu_udata_cb_t = void (*)(unsigned vcpu, void* data);
using qemu_plugin_vcpu_simple_cb_t = void (*)(qemu_plugin_id_t, unsigned vcpu);
using qemu_plugin_udata_cb_t = void (*)(qemu_plugin_id_t, void* data);
using qemu_plugin_vcpu_mem_cb_t = void (*)(unsigned vcpu, qemu_plugin_meminfo_t, uint64_t address,
                                           void* data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, qemu_plugin_vcpu_tb_trans_cb_t);
void qemu_plugin_register_vcpu_tb_exec_cb(qemu_plugin_tb*, qemu_plugin_vcpu_udata_cb_t,
                                          qemu_plugin_cb_flags, void* data);
void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn*, qemu_plugin_vcpu_udata_cb_t,
                                            qemu_plugin_cb_flags, void* data);
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn*, qemu_plugin_vcpu_mem_cb_t,
                                      qemu_plugin_cb_flags, qemu_plugin_mem_rw, void* data);
void qemu_plugin_register_vcpu_idle_cb(qemu_plugin_id_t, qemu_plugin_vcpu_simple_cb_t);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, qemu_plugin_udata_cb_t, void* data);
size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, size_t index);
size_t qemu_plugin_insn_size(const qemu_plugin_insn*);
uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn*);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
void qemu_plugin_outs(const char* text);

}  // extern "C"

namespace procmark::explain {

// What differs between the versions.
class QemuApi {
 public:
  // The version that this QEMU loads a plugin for: asked before it says its own.
  static int VersionToDeclare();
  // Why the plugin cannot work with this QEMU, or "". To be called first.
  const char* Bind(const qemu_info_t& info);

  // Copies an instruction's bytes, at most `room`; returns how many.
  size_t CopyBytes(const qemu_plugin_insn* instruction, uint8_t* to, size_t room) const;

  // A number that translated code adds to.
  struct Counter {
    uint64_t* value = nullptr;
    void* board = nullptr;  // the scoreboard that holds it
  };
  Counter MakeCounter() const;
  // Adds 1 whenever the instruction begins, or accesses memory.
  void CountExecution(qemu_plugin_insn* instruction, const Counter& counter) const;
  void CountAccess(qemu_plugin_insn* instruction, const Counter& counter) const;

 private:
  int version_ = 0;
};

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
// The plugin: tells QEMU what to watch, and the tracker what happened. It leaves the guest as it
// is: nothing in the guest can see whether it is watched.
//
//   -plugin FILE,map=CODE_MAP,out=PROFILE
//
// One thread of QEMU translates and executes the one CPU, so nothing here is locked.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>

#include "harness/explain/code_map.h"
#include "harness/explain/plugin/block.h"
#include "harness/explain/plugin/instruction.h"
#include "harness/explain/plugin/qemu_api.h"
#include "harness/explain/plugin/tracker.h"

namespace procmark::explain {
namespace {

class Plugin {
 public:
  Plugin(const QemuApi& api, Arch arch, CodeMap map, std::FILE* out, std::string_view target)
      : api_(api),
        arch_(arch),
        map_(std::move(map)),
        writer_(out, target),
        tracker_(map_, HasCallTree(arch), writer_),
        started_(api_.MakeCounter()),
        accessed_(api_.MakeCounter()) {}

  // Describes a block that QEMU translates, and says which instructions to watch.
  void Translate(qemu_plugin_tb* block);
  void Enter(const Block& block) { tracker_.Enter(block, *started_.value, *accessed_.value); }
  void Finish();
  Tracker& Follower() { return tracker_; }

 private:
  void Describe(qemu_plugin_insn* instruction, bool last, Block& block);
  void Watch(qemu_plugin_insn* instruction, const Instruction& read, bool last, const Block& block);
  void AddParts(Block& block, const std::vector<uint8_t>& sizes);
  uint32_t RunOf(const CodeRun& run);

  const QemuApi& api_;
  const Arch arch_;
  const CodeMap map_;
  ProfileWriter writer_;
  Tracker tracker_;
  const QemuApi::Counter started_;
  const QemuApi::Counter accessed_;
  std::deque<Block> blocks_;  // QEMU keeps their addresses
  std::map<std::tuple<uint64_t, std::vector<uint8_t>>, uint32_t> runs_;
  std::string gave_up_;
};

QemuApi api;
Plugin* plugin = nullptr;  // never deleted: QEMU calls OnExit() after the destructors of globals

void OnBlock(unsigned /*vcpu*/, void* block) { plugin->Enter(*static_cast<const Block*>(block)); }

void OnClock(unsigned /*vcpu*/, void* block) {
  plugin->Follower().ReadsClock(static_cast<const Block*>(block)->Last());
}

void OnString(unsigned /*vcpu*/, qemu_plugin_meminfo_t info, uint64_t /*address*/, void* /*data*/) {
  plugin->Follower().StringAccess(qemu_plugin_mem_is_store(info),
                                  int64_t{1} << qemu_plugin_mem_size_shift(info));
}

void OnSwitch(unsigned /*vcpu*/, qemu_plugin_meminfo_t info, uint64_t address, void* /*data*/) {
  if (qemu_plugin_mem_is_store(info)) {
    plugin->Follower().SwitchSaves(address);
  } else {
    plugin->Follower().SwitchLoads(address);
  }
}

void OnIdle(qemu_plugin_id_t /*id*/, unsigned /*vcpu*/) { plugin->Follower().Idle(); }

void OnTranslation(qemu_plugin_id_t /*id*/, qemu_plugin_tb* block) { plugin->Translate(block); }

void OnExit(qemu_plugin_id_t /*id*/, void* /*data*/) { plugin->Finish(); }

uint32_t Plugin::RunOf(const CodeRun& run) {
  const auto [known, added] =
      runs_.try_emplace({run.begin, run.sizes}, static_cast<uint32_t>(runs_.size()));
  if (added) writer_.Add(run);
  return known->second;
}

void Plugin::AddParts(Block& block, const std::vector<uint8_t>& sizes) {
  CodeRun run;
  const auto add = [&] {
    if (run.sizes.empty()) return;
    block.parts.push_back({RunOf(run), static_cast<uint32_t>(run.sizes.size()), run.function});
  };
  for (size_t i = 0; i < sizes.size(); ++i) {
    const uint32_t function = map_.FunctionAt(block.addresses[i]);
    if (i == 0 || function != run.function) {
      add();
      run = {function, block.addresses[i], {}};
    }
    run.sizes.push_back(sizes[i]);
  }
  add();
}

void Plugin::Watch(qemu_plugin_insn* instruction, const Instruction& read, bool last,
                   const Block& block) {
  const uint64_t address = block.addresses.back();
  void* const data = const_cast<Block*>(&block);  // as QEMU takes it; the callbacks only read
  if (read.reads_clock && block.mode == Mode::kUser) {
    // Under -icount QEMU ends a block behind what it reads the clock for.
    if (!last) gave_up_ = "a program reads the clock in the middle of a block";
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, OnClock, QEMU_PLUGIN_CB_NO_REGS, data);
  }
  if (read.repeats) {
    qemu_plugin_register_vcpu_mem_cb(instruction, OnString, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, nullptr);
  }
  if (map_.stack_switch.Holds(address) &&
      (arch_ != Arch::kAmd64 || read.stack_switch != StackSwitch::kNone)) {
    qemu_plugin_register_vcpu_mem_cb(instruction, OnSwitch, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, nullptr);
  }
  if (last && read.accesses_memory) api_.CountAccess(instruction, accessed_);
}

void Plugin::Describe(qemu_plugin_insn* instruction, bool last, Block& block) {
  std::array<uint8_t, 16> bytes{};
  const size_t size = api_.CopyBytes(instruction, bytes.data(), bytes.size());
  const Instruction read = ReadInstruction(arch_, bytes.data(), size);
  block.addresses.push_back(qemu_plugin_insn_vaddr(instruction));
  api_.CountExecution(instruction, started_);
  Watch(instruction, read, last, block);
  if (!last) return;
  block.end = block.addresses.back() + size;
  block.flow = read.flow;
  block.repeats = read.repeats;
  block.accesses_memory = read.accesses_memory;
}

void Plugin::Translate(qemu_plugin_tb* translated) {
  Block& block = blocks_.emplace_back();
  const size_t count = qemu_plugin_tb_n_insns(translated);
  std::vector<uint8_t> sizes;
  for (size_t i = 0; i < count; ++i) {
    qemu_plugin_insn* const instruction = qemu_plugin_tb_get_insn(translated, i);
    if (i == 0) {
      block.begin = qemu_plugin_insn_vaddr(instruction);
      block.mode = map_.ModeOf(block.begin);
      block.entry = map_.EntryAt(block.begin);
      block.begins_function = map_.IsStart(block.begin);
    }
    sizes.push_back(static_cast<uint8_t>(qemu_plugin_insn_size(instruction)));
    Describe(instruction, i + 1 == count, block);
  }
  block.instructions = static_cast<uint32_t>(count);
  AddParts(block, sizes);
  qemu_plugin_register_vcpu_tb_exec_cb(translated, OnBlock, QEMU_PLUGIN_CB_NO_REGS, &block);
}

void Plugin::Finish() {
  if (!gave_up_.empty()) writer_.GiveUp(gave_up_);
  tracker_.Finish(*started_.value);
}

// The value of "NAME=VALUE" among the arguments, or "".
std::string Argument(int argc, char** argv, std::string_view name) {
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      return std::string(argument.substr(name.size() + 1));
    }
  }
  return "";
}

int Complain(const std::string& sentence) {
  std::fprintf(stderr, "procmark's plugin: %s\n", sentence.c_str());
  return 1;
}

int Install(qemu_plugin_id_t id, const qemu_info_t& info, int argc, char** argv) {
  if (const char* why = api.Bind(info); *why != '\0') return Complain(why);
  const std::optional<Arch> arch = ArchOfTarget(info.target_name);
  if (!arch) return Complain(std::string("it does not know the architecture ") + info.target_name);
  const std::string map_file = Argument(argc, argv, "map");
  std::ifstream stream(map_file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  std::optional<CodeMap> map = CodeMap::Parse(text.str());
  if (!map) return Complain("it cannot read the code map " + map_file);
  const std::string out_file = Argument(argc, argv, "out");
  std::FILE* const out = std::fopen(out_file.c_str(), "wb");
  if (out == nullptr) return Complain("it cannot write to " + out_file);
  plugin = new Plugin(api, *arch, std::move(*map), out, info.target_name);
  qemu_plugin_register_vcpu_tb_trans_cb(id, OnTranslation);
  qemu_plugin_register_vcpu_idle_cb(id, OnIdle);
  qemu_plugin_register_atexit_cb(id, OnExit, nullptr);
  return 0;
}

}  // namespace
}  // namespace procmark::explain

extern "C" {

// QEMU reads it after it has loaded the plugin, so after this was initialised.
[[gnu::visibility("default")]] int qemu_plugin_version =
    procmark::explain::QemuApi::VersionToDeclare();

[[gnu::visibility("default")]] int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info,
                                                       int argc, char** argv) {
  return procmark::explain::Install(id, *info, argc, argv);
}

}  // extern "C"

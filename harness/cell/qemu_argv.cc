// SPDX-License-Identifier: MIT
#include "harness/cell/qemu_argv.h"

#include <fmt/format.h>

#include <stdexcept>

#include "harness/cell/machine.h"
#include "harness/sys/arch.h"

namespace procmark::cell {
namespace {

void Append(std::vector<std::string>& to, std::initializer_list<std::string> words) {
  to.insert(to.end(), words);
}

void AppendClock(const CellSpec& spec, const Machine& machine, std::vector<std::string>& argv) {
  switch (spec.clock) {
    case store::Clock::kExact:
      Append(argv,
             {"-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-seed", "1", "-rtc",
              "base=2020-01-01,clock=vm", "-cpu", CpuOf(machine, spec.cpu, spec.clock)});
      return;
    case store::Clock::kKvm:
      Append(argv, {"-accel", "kvm", "-cpu", CpuOf(machine, spec.cpu, spec.clock)});
      return;
    case store::Clock::kTcg:
    case store::Clock::kWall:
      Append(argv, {"-accel", "tcg", "-cpu", CpuOf(machine, spec.cpu, spec.clock)});
      return;
  }
}

// An exact guest has none: another device would be another guest.
bool HasSpareChannel(const Machine& machine, store::Clock clock) {
  return clock != store::Clock::kExact && !machine.spare_device.empty();
}

// Where the output of the guest goes. Each chardev opens the pipe itself.
void AppendStreams(const Machine& machine, store::Clock clock, Console console,
                   std::vector<std::string>& argv) {
  const std::string records = console == Console::kTerminal ? "null,id={}"
                              : console == Console::kByHand ? "file,id={},path=records.jsonl"
                                                            : "file,id={},path=/dev/fd/{}";
  std::vector<std::string> chardevs = machine.channel_chardevs;
  if (HasSpareChannel(machine, clock)) chardevs.emplace_back(machine.spare_chardev);
  for (const std::string& id : chardevs) {
    Append(argv, {"-chardev", fmt::format(fmt::runtime(records), id, kRecordsFd)});
  }
  if (console == Console::kTerminal) {
    Append(argv, {"-serial", "mon:stdio"});
  } else if (console == Console::kByHand) {
    Append(argv, {"-serial", "file:console.log"});
  } else {
    // Paused (-S) until QMP is negotiated: no monitor input reaches a guest that has begun.
    Append(argv, {"-S", "-chardev", fmt::format("file,id=console,path=/dev/fd/{}", kConsoleFd),
                  "-serial", "chardev:console", "-chardev",
                  fmt::format("socket,id=qmp,fd={}", kQmpFd), "-mon", "chardev=qmp,mode=control"});
    if (clock == store::Clock::kExact) {
      Append(argv, {"-chardev", fmt::format("socket,id=gdb,fd={}", kGdbFd), "-gdb", "chardev:gdb"});
    }
  }
}

constexpr const char* kMemoryIsRam = ",memory-backend=ram";

void AppendMemory(const CellSpec& spec, const GuestMemory& memory, std::vector<std::string>& argv) {
  Append(argv, {"-object", fmt::format("memory-backend-file,id=ram,size={}M,mem-path={},share={}",
                                       spec.memory_mib, memory.file.string(),
                                       memory.incoming ? "off" : "on")});
  if (memory.incoming) Append(argv, {"-incoming", "defer"});
}

// Under KVM every page is there before the guest runs, huge where the host allows it: no fault of
// the host's falls into a measurement.
std::string Ram(const CellSpec& spec, const std::string& id, int64_t mib) {
  const char* const how = spec.clock == store::Clock::kKvm ? ",prealloc=on" : "";
  return fmt::format("memory-backend-ram,id={},size={}M{}", id, mib, how);
}

// The CPUs of a socket belong to one node, or the kernel warns (arch/x86/kernel/smpboot.c,
// topology_sane).
std::string Processors(const CellSpec& spec) {
  return spec.nodes == 1 ? std::to_string(spec.cpus)
                         : fmt::format("{},sockets={}", spec.cpus, spec.cpus);
}

void AppendNodes(const CellSpec& spec, std::vector<std::string>& argv) {
  for (int64_t node = 0; node < spec.nodes; ++node) {
    const int64_t rest = node == 0 ? spec.memory_mib % spec.nodes : 0;
    std::string cpus;
    for (int64_t cpu = node; cpu < spec.cpus; cpu += spec.nodes)
      cpus += fmt::format(",cpus={}", cpu);
    const std::string id = fmt::format("ram{}", node);
    Append(argv, {"-object", Ram(spec, id, spec.memory_mib / spec.nodes + rest), "-numa",
                  fmt::format("node,nodeid={},memdev={}{}", node, id, cpus)});
  }
}

// Commas part the parameters; a doubled one is a comma in one of them, as in QEMU's own options.
std::string Parameters(const std::string& text) {
  std::string parameters;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool doubled = text.compare(at, 2, ",,") == 0;
    parameters += text[at] == ',' && !doubled ? ' ' : text[at];
    if (doubled) ++at;
  }
  return parameters;
}

std::string Cmdline(const CellSpec& spec, const Machine& machine) {
  // loglevel=5: WARN() speaks at KERN_WARNING, which `quiet` (4) keeps from the console.
  // procmark.destructive: the guest is ours alone, so tests may change what belongs to all of it.
  std::string cmdline = fmt::format(
      "console={} rdinit=/init panic=-1 loglevel=5 {} procmark.channel={}{} procmark.destructive",
      machine.console, machine.cmdline, machine.channel,
      HasSpareChannel(machine, spec.clock) ? machine.spare_channel : "");
  if (spec.clock == store::Clock::kExact) {
    cmdline += " nokaslr norandmaps randomize_kstack_offset=off random.trust_cpu=off";
  }
  if (!spec.extra_cmdline.empty()) cmdline += " " + Parameters(spec.extra_cmdline);
  return cmdline;
}

}  // namespace

std::string QemuProgram(const std::string& arch) { return sys::RequireArch(arch).qemu; }

std::string QemuProgram(const CellSpec& spec) {
  return spec.qemu.empty() ? QemuProgram(spec.arch) : spec.qemu + "/" + QemuProgram(spec.arch);
}

std::string QemuPackage(const std::string& arch) { return sys::RequireArch(arch).qemu_package; }

std::vector<std::string> QemuArgv(const CellSpec& spec, const GuestFiles& files, Console console,
                                  const std::optional<GuestMemory>& memory) {
  const Machine& machine = MachineOf(spec.arch);
  const bool one_node = spec.nodes == 1;
  if (memory && !one_node) throw std::logic_error("the memory of several nodes is not one file");
  // -no-reboot with panic=-1: a panic ends QEMU at once instead of booting again.
  std::vector<std::string> argv = {
      QemuProgram(spec), "-machine",
      std::string(machine.machine) +
          (one_node && (memory || spec.clock == store::Clock::kKvm) ? kMemoryIsRam : "")};
  AppendClock(spec, machine, argv);
  if (memory) AppendMemory(spec, *memory, argv);
  if (!one_node) {
    AppendNodes(spec, argv);
  } else if (spec.clock == store::Clock::kKvm) {
    Append(argv, {"-object", Ram(spec, "ram", spec.memory_mib)});
  }
  Append(argv,
         {"-smp", Processors(spec), "-m", std::to_string(spec.memory_mib), "-nodefaults",
          "-no-user-config", "-no-reboot", "-display", "none", "-kernel", files.kernel.string(),
          "-initrd", files.initrd.string(), "-append", Cmdline(spec, machine)});
  AppendStreams(machine, spec.clock, console, argv);
  argv.insert(argv.end(), machine.channel_device.begin(), machine.channel_device.end());
  if (HasSpareChannel(machine, spec.clock)) {
    argv.insert(argv.end(), machine.spare_device.begin(), machine.spare_device.end());
  }
  return argv;
}

}  // namespace procmark::cell

#include "harness/cell/qemu_argv.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

// What QEMU must be told of one architecture. The record channel must be synchronous (a byte is out
// when the instruction is done) for a guest to be exact: on amd64 that is the debug console port.
struct Machine {
  const char* arch;
  const char* program;
  const char* package;
  const char* machine;
  const char* console;    // as the kernel calls it
  const char* exact_cpu;  // taken off the CPU model: sources of real randomness
  const char* cmdline;    // what only this architecture needs
  const char* channel;    // procmark.channel= for init
  std::vector<std::string> channel_device;
};

const std::vector<Machine>& Machines() {
  static const std::vector<Machine> kMachines = {
      {"amd64",
       "qemu-system-x86_64",
       "qemu-system-x86",
       "pc",
       "ttyS0",
       ",-rdrand,-rdseed",
       "tsc=reliable",
       "debugcon:0xe9",
       {"-device", "isa-debugcon,iobase=0xe9,chardev=records"}},
  };
  return kMachines;
}

const Machine& MachineOf(const std::string& arch) {
  const auto found =
      std::ranges::find(Machines(), arch, [](const Machine& machine) { return machine.arch; });
  if (found == Machines().end()) {
    sys::ThrowUsage(
        fmt::format("guests of {} are not built yet: this version boots amd64 guests", arch));
  }
  return *found;
}

void Append(std::vector<std::string>& to, std::initializer_list<std::string> words) {
  to.insert(to.end(), words);
}

void AppendClock(const CellSpec& spec, const Machine& machine, std::vector<std::string>& argv) {
  switch (spec.clock) {
    case store::Clock::kExact:
      Append(argv, {"-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-seed", "1",
                    "-rtc", "base=2020-01-01,clock=vm", "-cpu", spec.cpu + machine.exact_cpu});
      return;
    case store::Clock::kKvm:
      Append(argv, {"-accel", "kvm", "-cpu", spec.cpu});
      return;
    case store::Clock::kTcg:
    case store::Clock::kWall:
      Append(argv, {"-accel", "tcg", "-cpu", spec.cpu});
      return;
  }
}

std::string Cmdline(const CellSpec& spec, const Machine& machine) {
  // procmark.destructive: the guest is ours alone, so tests may change what belongs to all of it.
  std::string cmdline = fmt::format(
      "console={} rdinit=/init panic=-1 quiet {} procmark.channel={} procmark.destructive",
      machine.console, machine.cmdline, machine.channel);
  if (spec.clock == store::Clock::kExact) {
    cmdline += " nokaslr norandmaps randomize_kstack_offset=off random.trust_cpu=off";
  }
  if (!spec.extra_cmdline.empty()) {
    std::string extra = spec.extra_cmdline;
    std::ranges::replace(extra, ',', ' ');
    cmdline += " " + extra;
  }
  return cmdline;
}

}  // namespace

std::string QemuProgram(const std::string& arch) { return MachineOf(arch).program; }

std::string QemuPackage(const std::string& arch) { return MachineOf(arch).package; }

std::vector<std::string> QemuArgv(const CellSpec& spec, const GuestFiles& files, Console console) {
  const Machine& machine = MachineOf(spec.arch);
  // -no-reboot with panic=-1: a panic ends QEMU at once instead of booting again.
  std::vector<std::string> argv = {machine.program, "-machine", machine.machine};
  AppendClock(spec, machine, argv);
  Append(argv,
         {"-smp", "1", "-m", std::to_string(spec.memory_mib), "-nodefaults", "-no-user-config",
          "-no-reboot", "-display", "none", "-kernel", files.kernel.string(), "-initrd",
          files.initrd.string(), "-append", Cmdline(spec, machine)});
  if (console == Console::kTerminal) {
    Append(argv, {"-serial", "mon:stdio", "-chardev", "null,id=records"});
  } else {
    // Paused (-S) until QMP is negotiated: no monitor input reaches a guest that has begun.
    Append(argv, {"-S", "-chardev", fmt::format("file,id=records,path=/dev/fd/{}", kRecordsFd),
                  "-chardev", fmt::format("file,id=console,path=/dev/fd/{}", kConsoleFd), "-serial",
                  "chardev:console", "-chardev", fmt::format("socket,id=qmp,fd={}", kQmpFd), "-mon",
                  "chardev=qmp,mode=control"});
  }
  argv.insert(argv.end(), machine.channel_device.begin(), machine.channel_device.end());
  return argv;
}

}  // namespace procmark::cell

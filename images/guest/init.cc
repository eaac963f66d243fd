// SPDX-License-Identifier: MIT
// PID 1 of a guest. It mounts, loads the modules that it was packed with, starts one runner process
// and powers off when that ends; of a runner that dies it says how. The runner does the job: it
// says what kernel this is, settles, runs the programs one by one and relays their records. PID 1
// ignores SIGCHLD, so that the kernel reaps every orphan on the spot (kernel/signal.c
// do_notify_parent()) and no orphan of a program ever wakes init up.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/sys/arch.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"
#include "harness/wire/stream.h"
#include "images/guest/boot_facts.h"
#include "images/guest/channel.h"
#include "images/guest/handover.h"
#include "images/guest/job.h"
#include "images/guest/kernel_symbols.h"
#include "images/guest/modules.h"
#include "images/guest/program.h"
#include "images/guest/records.h"
#include "images/guest/runner.h"
#include "images/guest/shell.h"

namespace procmark::guest {
namespace {

constexpr const char* kJobFile = "/procmark/job.json";
// What the runner tells PID 1 at its end; nothing when it died.
constexpr char kFinished = 'f';
constexpr char kPidOneMustExit = 'x';

// On the console. The harness looks for the prefix (harness/cell/console.h).
void Say(const std::string& sentence) {
  std::fprintf(stderr, "procmark-init: %s\n", sentence.c_str());
}

struct FileSystem {
  const char* type;
  const char* path;
  bool needed;
};
constexpr FileSystem kFileSystems[] = {
    {"proc", "/proc", true},
    {"sysfs", "/sys", true},
    {"devtmpfs", "/dev", true},
    {"tmpfs", "/tmp", true},
    {"devpts", "/dev/pts", false},
    {"tmpfs", "/dev/shm", false},
    {"cgroup2", "/sys/fs/cgroup", false},
    {"tracefs", "/sys/kernel/tracing", false},
};

void MountAll() {
  for (const FileSystem& file_system : kFileSystems) {
    ::mkdir(file_system.path, 0755);  // exists already, or the mount says why not
    if (::mount(file_system.type, file_system.path, file_system.type, 0, nullptr) == 0) continue;
    const std::string sentence =
        std::string("cannot mount ") + file_system.path + ": " + std::strerror(errno);
    if (file_system.needed) throw std::runtime_error(sentence);
    Say(sentence);
  }
  if (::symlink("/proc/self/fd", "/dev/fd") != 0 && errno != EEXIST) {
    throw std::runtime_error("cannot make /dev/fd");
  }
  ::chmod("/tmp", 01777);
}

std::string ReadOrThrow(const char* path) {
  sys::Result<std::string> text = sys::ReadSmallFile(path);
  if (!text) throw std::runtime_error(std::string(path) + ": " + text.Failure().Text());
  return std::move(text).Value();
}

// The kernel's boot goes on in deferred work; while the guest sleeps it can finish.
void Settle(int64_t milliseconds) {
  timespec left{static_cast<time_t>(milliseconds / 1000),
                static_cast<long>(milliseconds % 1000 * 1'000'000)};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

void SendGarbage(Records& records) {
  uint32_t state = 2463534242;  // xorshift32: the same bytes every time
  std::string bytes(4096, '\0');
  for (char& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    byte = static_cast<char>(state >> 24);
  }
  records.Relay(bytes);
}

void WriteToForbiddenPage() {
  auto* page = static_cast<volatile char*>(
      ::mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  *page = 0;
}

// Faults that are committed once the guest has settled.
void Commit(Fault fault, Records& records) {
  if (fault == Fault::kMute) records.Mute();
  if (fault == Fault::kGarbage) SendGarbage(records);
  if (fault == Fault::kChannel) records.BreakChannel();
  if (fault == Fault::kSegv) WriteToForbiddenPage();
  if (fault == Fault::kPanic) {
    const sys::Fd trigger(::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC));
    if (!trigger.Valid() || !sys::WriteAll(trigger.Get(), "c", 1)) {
      throw std::runtime_error("the fault 'panic' needs /proc/sysrq-trigger");
    }
  }
  if (fault == Fault::kOops) {
    const sys::Fd log(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
    constexpr std::string_view kWords = "<0>BUG: procmark-init says so on purpose\n";
    if (!log.Valid() || !sys::WriteAll(log.Get(), kWords.data(), kWords.size())) {
      throw std::runtime_error("the fault 'oops' needs /dev/kmsg");
    }
  }
  if (fault == Fault::kTaint) {
    // Writing sets bits (proc_sys_kernel(5)); 512 is what WARN() sets.
    const sys::Fd tainted(::open("/proc/sys/kernel/tainted", O_WRONLY | O_CLOEXEC));
    if (!tainted.Valid() || !sys::WriteAll(tainted.Get(), "512", 3)) {
      throw std::runtime_error("the fault 'taint' needs /proc/sys/kernel/tainted");
    }
  }
  if (fault == Fault::kFlood) {
    while (true) std::fputs("procmark-init floods the console on purpose\n", stderr);
  }
  if (fault == Fault::kPowerOff) ::reboot(RB_POWER_OFF);
  if (fault == Fault::kReset) ::reboot(RB_AUTOBOOT);
  if (fault == Fault::kHang) {
    while (true) asm volatile("");
  }
}

// The runner's whole life. Returns what it tells PID 1.
char RunJob() {
  const std::string command_line = ReadOrThrow("/proc/cmdline");
  sys::Result<std::unique_ptr<Channel>> channel = FirstThatWorks::Create(
      sys::Split(CommandLineValue(command_line, "procmark.channel"), ','), &Transport::Open, &Say);
  if (!channel) throw std::runtime_error(channel.Failure().Text());
  Job job = Job::Parse(ReadOrThrow(kJobFile));
  Records records(*channel.Value());
  records.Send(wire::Hello{.program = "init", .arch = sys::kCompiledArch.name});
  records.Send(ReadBootFacts());
  if (job.shell) {
    RunShell(command_line);
    return kFinished;
  }
  Settle(job.settle_ms);
  if (job.handover) job = Job::Parse(TakeHandedOverJob());
  Commit(job.fault, records);
  if (job.fault == Fault::kExit) return kPidOneMustExit;
  if (job.symbols) SendKernelSymbols(records);
  for (size_t i = 0; i < job.programs.size(); ++i) {
    RunJobProgram(static_cast<int64_t>(i), job.programs[i], records);
  }
  records.Send(wire::Done{.program = "init", .events = records.Lines()});
  return kFinished;
}

int Runner(int report) {
  std::signal(SIGCHLD, SIG_DFL);  // programs inherit what is ignored
  try {
    const char verdict = RunJob();
    return sys::WriteAll(report, &verdict, 1) ? 0 : 1;
  } catch (const std::exception& error) {
    Say(error.what());
    return 1;
  }
}

// Sleeps until the runner has ended. Returns its verdict, 0 when it left none.
char AwaitVerdict(sys::Pipe pipe) {
  pipe.write.Close();
  char verdict = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe.read.Get(), &verdict, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1 ? verdict : '\0';
}

// Init must not run where it could hurt: only PID 1 of a machine that was booted from an initramfs.
bool IsGuestsInit() {
  struct statfs root {};
  if (::getpid() != 1 || ::statfs("/", &root) != 0) return false;
  const auto type = static_cast<unsigned long>(root.f_type);  // signed, and 32 bits wide on armhf
  return type == RAMFS_MAGIC || type == TMPFS_MAGIC;
}

int Init() {
  std::signal(SIGCHLD, SIG_IGN);
  try {
    MountAll();
    LoadModules(CommandLineValue(ReadOrThrow("/proc/cmdline"), "procmark.channel"));
    ::setenv("PATH", "/procmark", 1);
    sys::Result<sys::Pipe> pipe = sys::Pipe::Create();
    if (!pipe) throw std::runtime_error(pipe.Failure().Text());
    const int report = pipe.Value().write.Get();
    const sys::Result<sys::Pid> runner = StartRunner([report] { return Runner(report); });
    if (!runner) throw std::runtime_error(runner.Failure().Text());
    if (AwaitVerdict(std::move(pipe).Value()) == kPidOneMustExit) return 1;
    const std::string trouble = AwaitEnd(runner.Value());
    if (!trouble.empty()) throw std::runtime_error("the runner " + trouble);
  } catch (const std::exception& error) {
    Say(error.what());
  }
  ::sync();
  ::reboot(RB_POWER_OFF);
  return 1;  // unreachable: with CAP_SYS_BOOT the call above does not return
}

}  // namespace
}  // namespace procmark::guest

int main() {
  if (!procmark::guest::IsGuestsInit()) {
    std::fprintf(stderr,
                 "procmark-init is PID 1 of a guest and does nothing elsewhere: "
                 "boot it with an image of `./run.sh images boot-image`\n");
    return 2;
  }
  return procmark::guest::Init();
}

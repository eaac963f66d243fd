// SPDX-License-Identifier: MIT
#include "harness/cell/prepared_guest.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "harness/cell/host.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/sha256.h"

namespace procmark::cell {
namespace {

constexpr const char* kSandbox =
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
constexpr long long kProbeMs = 30'000;

// A QEMU without seccomp refuses the option before it lists its CPU models.
bool TrySandbox(const std::string& program) {
  const sys::Result<sys::CommandOutput> tried = sys::RunCommand(
      {program, "-sandbox", kSandbox, "-cpu", "help"}, sys::Deadline::After(kProbeMs));
  return tried && tried.Value().status == 0;
}

struct QemuFacts {
  bool sandbox = false;
  std::string sha256;
};

// Asked once per program.
QemuFacts FactsOf(const std::string& program) {
  static std::mutex mutex;
  static std::map<std::string, QemuFacts> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = known.find(program);
  if (found != known.end()) return found->second;
  const sys::Result<std::string> digest = sys::Sha256OfFile(FindOnPath(program));
  if (!digest) sys::ThrowLost(fmt::format("cannot read {}: {}", program, digest.Failure().Text()));
  return known[program] = {TrySandbox(program), digest.Value()};
}

}  // namespace

std::vector<std::string> PreparedGuest::Argv(Console console,
                                             const std::optional<GuestMemory>& memory) const {
  std::vector<std::string> argv = QemuArgv(spec, files, console, memory);
  if (sandbox) argv.insert(argv.begin() + 1, {"-sandbox", kSandbox});
  return argv;
}

PreparedGuest PrepareGuest(const CellSpec& spec, const GuestJob& job,
                           const std::filesystem::path& initramfs) {
  const std::string program = QemuProgram(spec);
  PreparedGuest guest;
  guest.spec = spec;
  guest.qemu_version = QemuVersion(program);
  if (guest.qemu_version.empty()) {
    sys::ThrowUsage(fmt::format("{} is not installed; ./run.sh installs it, or: apt-get install {}",
                                program, QemuPackage(spec.arch)));
  }
  const QemuFacts facts = FactsOf(program);
  guest.sandbox = facts.sandbox;
  guest.qemu_sha256 = facts.sha256;
  guest.kernel = AcquireKernel(spec);
  guest.files = {guest.kernel.image, initramfs};
  guest.image = PackBootImage(spec, guest.kernel, job, initramfs);
  return guest;
}

}  // namespace procmark::cell

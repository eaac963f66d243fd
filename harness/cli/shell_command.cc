// SPDX-License-Identifier: MIT
// `shell CELL`: starts a shell in a cell.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/cell/installation.h"
#include "harness/cell/prepared_guest.h"
#include "harness/cli/commands.h"
#include "harness/execute/guest_visit.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/temp_dir.h"

namespace procmark::cli {
namespace {

int NativeShell() {
  const cell::Programs programs = cell::FindPrograms(cell::HostArch());
  const char* path = std::getenv("PATH");
  const std::string with_programs =
      fmt::format("{}:{}:{}", programs.bench.parent_path().string(),
                  programs.conformance.parent_path().string(), path == nullptr ? "" : path);
  ::setenv("PATH", with_programs.c_str(), 1);
  const char* shell = std::getenv("SHELL");
  const std::string program = shell == nullptr || *shell == '\0' ? "/bin/sh" : shell;
  ::execl(program.c_str(), program.c_str(), nullptr);
  sys::ThrowLost(fmt::format("cannot start {}: {}", program, sys::LastError("exec").Text()));
}

int GuestShell(const cell::CellSpec& spec) {
  if (const std::string why = execute::WhyClockFails(spec); !why.empty()) sys::ThrowUsage(why);
  sys::Result<sys::TempDir> folder = sys::TempDir::CreateOwned();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  cell::GuestJob job;
  job.settle_ms = 0;
  job.shell = true;
  const cell::PreparedGuest guest =
      cell::PrepareGuest(spec, job, folder.Value().Path() / "initramfs");
  fmt::print(stderr,
             "booting {}; the programs are in /procmark; exit powers off, Ctrl-a x ends QEMU\n",
             spec.Name());
  sys::Child::Options options;
  options.fds = {{0, STDIN_FILENO}, {1, STDOUT_FILENO}, {2, STDERR_FILENO}};
  options.own_process_group = false;  // only the terminal's foreground group can read from it
  sys::Result<sys::Child> qemu = sys::Child::Spawn(guest.Argv(cell::Console::kTerminal), options);
  if (!qemu) sys::ThrowLost("cannot start QEMU: " + qemu.Failure().Text());
  const sys::Result<std::optional<int>> status = qemu.Value().Wait(sys::Deadline::Never());
  return status && status.Value() && *status.Value() == 0 ? 0
                                                          : static_cast<int>(sys::ExitCode::kLost);
}

}  // namespace

int Shell(const std::string& cell) {
  const cell::CellSpec spec = cell::CellSpec::Parse(cell);
  return spec.native ? NativeShell() : GuestShell(spec);
}

}  // namespace procmark::cli

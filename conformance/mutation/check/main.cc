// SPDX-License-Identifier: MIT
// procmark-mutation-check: runs the conformance tests on wrong kernels and checks that they fail.
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "conformance/mutation/check/faults.h"
#include "conformance/mutation/check/never_failed.h"
#include "conformance/mutation/check/qemu_user.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {
namespace {

constexpr int kQemuRounds = 3;
constexpr const char* kUsage =
    "usage: procmark-mutation-check COMMAND --conformance=PROGRAM [OPTION …]\n"
    "PROGRAM is procmark-conformance. It is run on kernels that are wrong in one way.\n"
    "\n"
    "  check-faults   --fault=PROGRAM --faults=FILE [--part=K/N]\n"
    "      Check that the pinned tests of each fault fail on it. With --part only every Nth "
    "fault,\n"
    "      beginning with the Kth.\n"
    "  find-faults    --fault=PROGRAM --faults=FILE [NAME …]\n"
    "      Run all core tests on each fault, or on the named ones, and write FILE.\n"
    "  confirm-faults --fault=PROGRAM --faults=FILE\n"
    "      Run the tests of FILE again and remove those that pass now.\n"
    "  check-qemu     --pins=FILE [--qemu=PROGRAM]\n"
    "      Check that the pinned tests fail under qemu-user.\n"
    "  find-qemu      --pins=FILE [--qemu=PROGRAM]\n"
    "      Run all core tests under qemu-user and write FILE.\n"
    "  never-failed   --faults=FILE --pins=FILE\n"
    "      Print the tests that fail on no wrong kernel.\n"
    "\n"
    "Exit code: 0 as expected, 1 not as expected, 2 wrong command line, 3 a program did not run,\n"
    "77 this machine cannot do it.\n";

struct CommandLine {
  std::string command;
  std::map<std::string, std::string> flags;
  std::vector<std::string> names;

  std::string Needed(const std::string& flag) const {
    const auto found = flags.find(flag);
    if (found == flags.end()) sys::ThrowUsage(command + " needs " + flag + "=…");
    return found->second;
  }
};

CommandLine Parse(const std::vector<std::string>& words) {
  CommandLine line;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos) {
      line.flags[word.substr(0, equals)] = word.substr(equals + 1);
    } else if (line.command.empty()) {
      line.command = word;
    } else {
      line.names.push_back(word);
    }
  }
  return line;
}

int Run(const CommandLine& line) {
  if (line.command.empty() || line.command == "--help") {
    std::printf("%s", kUsage);
    return line.command.empty() ? 2 : 0;
  }
  const std::string conformance = line.Needed("--conformance");
  if (line.command.ends_with("-faults")) {
    const FaultPaths paths{conformance, line.Needed("--fault"), line.Needed("--faults")};
    if (line.command == "check-faults") {
      const auto part = line.flags.find("--part");
      return CheckFaults(paths, part == line.flags.end() ? "1/1" : part->second);
    }
    if (line.command == "find-faults") return FindFaults(paths, line.names);
    if (line.command == "confirm-faults") return ConfirmFaults(paths);
  }
  if (line.command == "check-qemu" || line.command == "find-qemu") {
    const auto qemu = line.flags.find("--qemu");
    const QemuPaths paths{conformance, qemu == line.flags.end() ? "" : qemu->second,
                          line.Needed("--pins")};
    return line.command == "check-qemu" ? CheckQemuFailures(paths)
                                        : FindQemuFailures(paths, kQemuRounds);
  }
  if (line.command == "never-failed") {
    return PrintNeverFailed(conformance, line.Needed("--faults"), line.Needed("--pins"));
  }
  sys::ThrowUsage("there is no command '" + line.command + "': --help lists them");
}

}  // namespace
}  // namespace procmark::mutation

int main(int argc, char** argv) {
  using procmark::sys::Complaint;
  try {
    return procmark::mutation::Run(procmark::mutation::Parse({argv + 1, argv + argc}));
  } catch (const Complaint& complaint) {
    std::fprintf(stderr, "procmark-mutation-check: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  }
}

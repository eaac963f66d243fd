// procmark-mutation-check: runs the conformance suite on wrong kernels and checks that it notices.
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
    "procmark-mutation-check COMMAND --conformance=PROGRAM …\n"
    "  check-faults --fault=PROGRAM --faults=FILE          each fault against its pinned tests\n"
    "               [--part=K/N]                           (each Nth of them from the Kth on)\n"
    "  find-faults  --fault=PROGRAM --faults=FILE [NAME …] all tests on all faults (or these)\n"
    "  confirm-faults --fault=PROGRAM --faults=FILE        only the tests of the table, once more\n"
    "  check-qemu   --pins=FILE [--qemu=PROGRAM]           the pinned tests under qemu-user\n"
    "  find-qemu    --pins=FILE [--qemu=PROGRAM]           all tests under qemu-user, pins anew\n"
    "  never-failed --faults=FILE --pins=FILE              tests that no wrong kernel made fail\n";

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

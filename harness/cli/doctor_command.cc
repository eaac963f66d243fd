// SPDX-License-Identifier: MIT
// `doctor`: prints what this machine can do for procmark, and why it cannot do the rest.
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/cell/host.h"
#include "harness/cell/installation.h"
#include "harness/cell/qemu_argv.h"
#include "harness/cli/commands.h"
#include "harness/cli/surroundings.h"
#include "harness/execute/kvm.h"
#include "harness/sys/complaint.h"
#include "harness/sys/printable.h"

namespace procmark::cli {
namespace {

struct Finding {
  std::string what;
  bool good = false;
  std::string words;
  std::string mend = {};  // what the user can do about it
};

Finding ProgramsFinding() {
  try {
    const cell::Programs programs = cell::FindPrograms(cell::HostArch());
    return {"programs", true, programs.bench.parent_path().parent_path().string()};
  } catch (const sys::Complaint& complaint) {
    return {"programs", false, complaint.what()};
  }
}

std::vector<Finding> Examine() {
  std::vector<Finding> findings = {ProgramsFinding()};
  std::string qemu;
  try {
    qemu = cell::QemuProgram(cell::HostArch());
  } catch (const sys::Complaint& complaint) {
    findings.push_back({"guests", false, complaint.what()});
  }
  if (!qemu.empty()) {
    const std::string version = cell::QemuVersion(qemu);
    findings.push_back({"exact guests", !version.empty(),
                        version.empty() ? qemu + " is not installed; ./run.sh installs it"
                                        : version + ", TCG with -icount"});
    const cell::KvmVerdict kvm = execute::KvmOfThisMachine();
    findings.push_back({"kvm guests", kvm.works, kvm.reason, kvm.mend});
  }
  const std::string counters = cell::WhyNoHardwareCounters();
  findings.push_back({"hardware counters", counters.empty(),
                      counters.empty() ? "perf_event_open counts instructions" : counters});
  findings.push_back({"root", ::geteuid() == 0,
                      ::geteuid() == 0 ? "all tests can run"
                                       : "tests that need root are skipped, each with its reason"});
  const std::map<std::string, std::string> host = cell::DescribeHost();
  const auto governor = host.find("cpu.governor");
  findings.push_back(
      {"frequency governor", governor == host.end() || governor->second == "performance",
       governor == host.end() ? "none visible (a virtual machine?)" : governor->second});
  const std::vector<Surrounding> surroundings = SurroundingsInForce();
  for (const Surrounding& surrounding : surroundings) {
    findings.push_back({"surroundings", false, surrounding.words, surrounding.mend});
  }
  if (surroundings.empty()) {
    findings.push_back({"surroundings", true, "nothing here limits the tests and benchmarks"});
  }
  return findings;
}

}  // namespace

// The guest is the one that the probe of KVM boots.
std::vector<std::string> CellsOfDoctor() {
  return {"native", fmt::format("{}/debian-6.1/host/kvm", cell::HostArch())};
}

int Doctor(bool json) {
  nlohmann::json all = nlohmann::json::array();
  for (const Finding& finding : Examine()) {
    if (json) {
      all.push_back({{"what", finding.what},
                     {"good", finding.good},
                     {"words", finding.words},
                     {"mend", finding.mend}});
    } else {
      fmt::print("{:<4} {:<20} {}\n", finding.good ? "yes" : "no", finding.what,
                 sys::TerminalLine(finding.words));
      if (!finding.mend.empty()) {
        fmt::print("{:25} {}\n", "", sys::TerminalLine(finding.mend));
      }
    }
  }
  if (json) fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return 0;
}

}  // namespace procmark::cli

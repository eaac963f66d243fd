// SPDX-License-Identifier: MIT
// procmark-fault: runs the conformance program on a kernel that is wrong in one way.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/mutation/faults/fault.h"
#include "conformance/mutation/faults/tracer.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::fault {
namespace {

// A JSON array of {name, sentence, breaks, traced}.
void PrintList() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Fault& fault : AllFaults()) {
    list.push_back({{"name", fault.name},
                    {"sentence", fault.sentence},
                    {"breaks", fault.breaks},
                    {"traced", fault.NeedsTracer()}});
  }
  std::printf("%s\n", list.dump(2).c_str());
}

constexpr const char* kUsage =
    "usage: procmark-fault FAULT PROGRAM [ARGUMENT …]  run the program on a kernel with this "
    "fault\n"
    "       procmark-fault --list                      print every fault, as JSON\n"
    "Exit code: that of the program; 2 wrong command line; 3 the program was killed, or the "
    "kernel\n"
    "refuses ptrace(2).\n";

int Run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--help") {
    std::printf("%s", kUsage);
    return 0;
  }
  if (words.size() == 1 && words[0] == "--list") {
    PrintList();
    return 0;
  }
  if (words.size() < 2) sys::ThrowUsage("a fault and a program are needed: --help shows how");
  const Fault* fault = FindFault(words[0]);
  if (fault == nullptr) {
    sys::ThrowUsage("there is no fault '" + words[0] + "': --list prints them");
  }
  const int status = RunOnFaultyKernel(*fault, {words.begin() + 1, words.end()});
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::fprintf(stderr, "procmark-fault: the program was %s\n",
               sys::DescribeWaitStatus(status).c_str());
  return static_cast<int>(sys::ExitCode::kLost);
}

}  // namespace
}  // namespace procmark::fault

int main(int argc, char** argv) {
  using procmark::sys::Complaint;
  try {
    return procmark::fault::Run({argv + 1, argv + argc});
  } catch (const Complaint& complaint) {
    std::fprintf(stderr, "procmark-fault: %s\n", complaint.what());
    return static_cast<int>(complaint.Code());
  }
}

// SPDX-License-Identifier: MIT
// The KVM clock on this machine, and with a script in place of QEMU that answers like a QEMU with
// working KVM.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"

namespace procmark::e2e {
namespace {

constexpr const char* kCell = "amd64/debian-6.1/host/kvm";

TEST(Kvm, WorksOrIsSkippedWithTheProbesReason) {
  const Tool tool;
  const Answer answer = tool.Run(
      {"run", "--cell", kCell, "--filter", "^WaitOptions.NoChildrenIsEchild$", "--name", "kvm"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "kvm"));
  ASSERT_EQ(run.tests.size(), 1U);
  if (run.tests[0].test.verdict == wire::TestVerdict::kSkip) {
    EXPECT_NE(run.tests[0].test.reason.find("KVM does not run guests here: "), std::string::npos)
        << run.tests[0].test.reason;
  } else {
    EXPECT_EQ(run.tests[0].test.verdict, wire::TestVerdict::kPass) << run.tests[0].test.reason;
  }
}

TEST(Kvm, RunsGuestsOfThisArchitectureAlone) {
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", "s390x/debian-6.12/host/kvm", "--filter",
                                  "^WaitOptions.NoChildrenIsEchild$", "--name", "kvm"});
  EXPECT_EQ(answer.exit_code, 0) << answer.out << answer.err;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "kvm"));
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_NE(run.tests[0].test.reason.find("own architecture alone"), std::string::npos)
      << run.tests[0].test.reason;
}

// The script: it speaks QMP, names itself as the thread of the vCPU, and answers every slice of the
// job, which it reads from the end of the initramfs.
constexpr const char* kFakeQemu = R"(#!/bin/sh
case "$*" in
  --version) echo 'QEMU emulator version 99.0 (a script)'; exit 0 ;;
  *'-cpu help'*) exit 0 ;;
esac
while [ $# -gt 0 ]; do
  [ "$1" = -initrd ] && initrd=$2
  shift
done
echo '{"QMP":{}}' >&5
while read -r line <&5; do
  case "$line" in
    *query-cpus-fast*)
      echo '{"return":[{"cpu-index":0,"thread-id":'$$',"qom-path":"/cpu"}]}' >&5 ;;
    *qom-get*) echo '{"return":true}' >&5 ;;
    *'"cont"'*) echo '{"return":{}}' >&5; break ;;
    *) echo '{"return":{}}' >&5 ;;
  esac
done
say() { printf '%s\n' "$1" >&3; }
say '{"type":"hello","wire":1,"program":"init","arch":"amd64"}'
say '{"type":"boot","release":"6.1.0","version":"#1","machine":"x86_64","cmdline":"",
"clocksource":"kvm-clock","facts":{}}'
i=0
for name in $(tail -c 67000 "$initrd" | grep -a -o 'procmark_slice=[^"]*' | cut -d= -f2-); do
  say '{"type":"program_start","index":'$i'}'
  say '{"type":"hello","wire":1,"program":"bench","arch":"amd64"}'
  say '{"type":"slice","benchmark":"'$name'","from":"call","to":"reaped","unit":"ns",
"operations":1,"warmups":0,"samples":[1000,1001,1002],"counts":{},"footprint":{}}'
  say '{"type":"done","program":"bench","events":2}'
  say '{"type":"program_end","index":'$i',"status":0,"tainted":0}'
  i=$((i + 1))
done
say '{"type":"done","program":"init","events":1}'
echo '{"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}' >&5
)";

TEST(Kvm, AWholeVisitWithAQemuThatAnswers) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/kvm cannot be opened here";
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::filesystem::path qemu = folder.Path() / "qemu-system-x86_64";
  {
    std::string script = kFakeQemu;
    // A record is one line.
    for (size_t at = 0; (at = script.find(",\n\"", at)) != std::string::npos;)
      script.erase(at + 1, 1);
    std::ofstream(qemu) << script;
  }
  ASSERT_EQ(::chmod(qemu.c_str(), 0755), 0);
  std::string cell(kCell);
  cell.append("+qemu=").append(folder.Path());
  const Tool tool;
  const Answer answer = tool.Run({"run", "--cell", cell, "--filter", "^fork/to:reaped$",
                                  "--no-tests", "--rounds", "12", "--name", "fake"});
  EXPECT_EQ(answer.err.find("skipped"), std::string::npos) << answer.err;
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "fake"));
  EXPECT_TRUE(run.losses.empty()) << answer.out;
  EXPECT_TRUE(run.skips.empty()) << answer.out;
  EXPECT_GE(run.slices.size(), 4U * 12U);  // the benchmark and three canaries
  ASSERT_EQ(run.cells.size(), 1U);
  EXPECT_EQ(run.cells[0].clock, store::Clock::kKvm);
  for (const char* key : {"host.vcpu_cpus", "measured.huge_kib", "measured.stolen_ticks"}) {
    EXPECT_TRUE(run.cells[0].environment.contains(key)) << key;
  }
}

}  // namespace
}  // namespace procmark::e2e

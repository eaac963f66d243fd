// SPDX-License-Identifier: MIT
// Ctrl-C and kill -9 during a run: no record is lost, no process is left, and the run can be
// resumed.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"
#include "harness/sys/proc_stat.h"

namespace procmark::e2e {
namespace {

constexpr long long kEndMs = 60'000;

// The only run in the results of a tool. Reads it again until it has `slices` slices.
store::Run RunWithSlices(const Tool& tool, size_t slices) {
  const sys::Deadline deadline = sys::Deadline::After(kEndMs);
  while (!deadline.Expired()) {
    std::vector<std::string> unreadable;
    const std::vector<store::RunHead> runs = store::ListRuns(tool.Results(), unreadable);
    if (runs.size() == 1) {
      store::Run run = store::ReadRun(runs[0].folder);
      if (run.slices.size() >= slices) return run;
    }
    ::sched_yield();
  }
  ADD_FAILURE() << "the run recorded nothing";
  return {};
}

const std::vector<std::string> kLongRun = {"run",       "--cell",     "native",   "--filter",
                                           "^fork/to:", "--no-tests", "--rounds", "60"};

void ExpectResumes(const Tool& tool, const store::Run& interrupted) {
  const Answer resumed = tool.Run({"run", "--resume", interrupted.id});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  const store::Run whole = store::ReadRun(interrupted.folder);
  EXPECT_TRUE(whole.complete);
  ASSERT_GE(whole.slices.size(), interrupted.slices.size());
  for (size_t i = 0; i < interrupted.slices.size(); ++i) {
    EXPECT_EQ(whole.slices[i].slice.samples, interrupted.slices[i].slice.samples);
  }
}

TEST(Interrupted, CtrlCFinishesTheSliceSavesAndSaysHowToGoOn) {
  AdoptOrphans();
  const Tool tool;
  sys::Pipe stderr_pipe = sys::Pipe::Create().Value();
  sys::Child child = tool.Start(kLongRun, stderr_pipe.write.Get());
  stderr_pipe.write.Close();
  (void)RunWithSlices(tool, 3);
  ASSERT_TRUE(child.Signal(SIGINT).Ok());
  const std::optional<int> status = child.Wait(sys::Deadline::After(kEndMs)).Value();
  ASSERT_TRUE(status);
  ASSERT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 130);
  std::string said(4096, '\0');
  const ssize_t got = ::read(stderr_pipe.read.Get(), said.data(), said.size());
  ASSERT_GT(got, 0);
  said.resize(static_cast<size_t>(got));
  EXPECT_NE(said.find("--resume"), std::string::npos) << said;
  EXPECT_TRUE(NothingLeftRunning(kEndMs));
  const store::Run run = RunWithSlices(tool, 3);
  EXPECT_FALSE(run.complete);
  ExpectResumes(tool, run);
}

TEST(Interrupted, KillNineLosesNothingRecordedAndLeavesNothingRunning) {
  AdoptOrphans();
  const Tool tool;
  sys::Child child = tool.Start(kLongRun);
  (void)RunWithSlices(tool, 3);
  ASSERT_TRUE(child.Signal(SIGKILL).Ok());
  (void)child.Wait(sys::Deadline::After(kEndMs));
  EXPECT_TRUE(NothingLeftRunning(kEndMs));
  const store::Run run = RunWithSlices(tool, 3);
  EXPECT_FALSE(run.complete);
  ExpectResumes(tool, run);
}

// Waits for the first record of a guest. The cell is recorded before QEMU starts, so the guest has
// reported when there is a second record.
bool SpokenTo(const Tool& tool) {
  const sys::Deadline deadline = sys::Deadline::After(5 * kEndMs);
  while (!deadline.Expired()) {
    std::vector<std::string> unreadable;
    for (const store::RunHead& head : store::ListRuns(tool.Results(), unreadable)) {
      for (const store::Cell& cell : store::ReadRun(head.folder).cells) {
        if (cell.environment.contains("kernel.version")) return true;
      }
    }
    ::sched_yield();
  }
  return false;
}

TEST(Interrupted, KillNineTakesAGuestWithIt) {
  AdoptOrphans();
  const Tool tool;
  sys::Pipe stderr_pipe = sys::Pipe::Create().Value();
  sys::Child child = tool.Start({"run", "--cell", "amd64/debian-6.1/max/exact", "--filter",
                                 "^fork/to:reaped$", "--guest-fault", "hang"},
                                stderr_pipe.write.Get());
  ASSERT_TRUE(SpokenTo(tool));
  ASSERT_TRUE(child.Signal(SIGKILL).Ok());
  (void)child.Wait(sys::Deadline::After(kEndMs));
  EXPECT_TRUE(NothingLeftRunning(kEndMs));
}

// The pid of the QEMU that a thread of `parent` started, or 0.
pid_t QemuOf(pid_t parent) {
  const std::filesystem::path tasks =
      std::filesystem::path("/proc") / std::to_string(parent) / "task";
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) {
      const sys::Result<sys::ProcStat> stat = sys::ProcStat::Read(child);
      if (stat && stat.Value().comm.starts_with("qemu-system")) return child;
    }
  }
  return 0;
}

TEST(Interrupted, AQemuThatIsKilledFromOutsideIsLost) {
  AdoptOrphans();
  const Tool tool;
  sys::Child child =
      tool.Start({"run", "--cell", "amd64/debian-6.1/max/exact", "--filter",
                  "^WaitOptions.NoChildrenIsEchild$", "--guest-fault", "hang", "--name", "killed"});
  ASSERT_TRUE(SpokenTo(tool));
  const pid_t qemu = QemuOf(child.Id().Number());
  ASSERT_GT(qemu, 0);
  ASSERT_EQ(::kill(qemu, SIGKILL), 0);
  const std::optional<int> status = child.Wait(sys::Deadline::After(kEndMs)).Value();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 3);
  const store::Run run = store::ReadRun(store::FindRun(tool.Results(), "killed"));
  ASSERT_EQ(run.losses.size(), 1U);
  EXPECT_EQ(run.losses[0].kind, store::LossKind::kLost);
  EXPECT_NE(run.losses[0].sentence.find("SIGKILL"), std::string::npos) << run.losses[0].sentence;
}

}  // namespace
}  // namespace procmark::e2e

// SPDX-License-Identifier: MIT
// The store's promises: what was appended is read back equal; damage is named; interruption is not
// damage.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>

#include "harness/store/run_reader.h"
#include "harness/store/run_writer.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/temp_dir.h"

namespace procmark::store {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : results_(sys::TempDir::Create().Value()) {}

  RunWriter Begin(const std::string& name = "n") {
    return RunWriter::Create(results_.Path(), name, "cells = []\n", {{"host.kernel", "6.1"}});
  }

  static void AddOneOfEach(RunWriter& writer) {
    Cell cell;
    cell.name = "native";
    cell.inputs = {{"program.sha256", "ab"}};
    cell.environment = {{"kernel.release", "6.1.0"}};
    writer.Add(cell);
    wire::Slice slice;
    slice.benchmark = "fork/to:reaped";
    slice.from = "call";
    slice.to = "reaped";
    slice.unit = "ns";
    slice.samples = {5, 7, 6};
    slice.counts = {{"minor_faults", 1.5}};
    writer.Add(Slice{"native", 3, 9, slice});
    writer.Add(Skip{"native", {"clone3", "no such call"}});
    writer.Add(Refused{"native", {"cow", "no faults"}});
    writer.Add(store::Test{"native",
                           {"A.B", wire::TestVerdict::kFail, "line one\nline \"two\"",
                            wire::FailCause::kAssertion, 12}});
    writer.AddKernelConfig("cd", {{"CONFIG_HZ", "250"}, {"CONFIG_PREEMPT", "y"}});
    writer.Add(Loss{"native", LossKind::kTimeout, "it hung", "tail", "again"});
  }

  std::string RecordsOf(const RunWriter& writer) {
    return sys::ReadSmallFile((writer.Folder() / kRecordsFile).string()).Value();
  }

  static void Overwrite(const RunWriter& writer, const std::string& text) {
    std::ofstream(writer.Folder() / kRecordsFile, std::ios::trunc) << text;
  }

  static std::string ComplaintOfReading(const RunWriter& writer) {
    try {
      (void)ReadRun(writer.Folder());
    } catch (const sys::Complaint& complaint) {
      EXPECT_EQ(complaint.Code(), sys::ExitCode::kLost);
      return complaint.what();
    }
    return "";
  }

  sys::TempDir results_;
};

TEST_F(StoreTest, WhatWasAddedIsReadBack) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  writer.Finish();
  const store::Run run = ReadRun(writer.Folder());
  EXPECT_TRUE(run.complete);
  EXPECT_EQ(run.id, writer.Id());
  EXPECT_EQ(run.environment.at("host.kernel"), "6.1");
  ASSERT_EQ(run.cells.size(), 1U);
  EXPECT_EQ(run.cells[0].inputs.at("program.sha256"), "ab");
  ASSERT_EQ(run.slices.size(), 1U);
  EXPECT_EQ(run.slices[0].round, 3);
  EXPECT_EQ(run.slices[0].sequence, 9);
  EXPECT_EQ(run.slices[0].slice.samples, (std::vector<int64_t>{5, 7, 6}));
  ASSERT_EQ(run.skips.size(), 1U);
  ASSERT_EQ(run.refused.size(), 1U);
  ASSERT_EQ(run.tests.size(), 1U);
  EXPECT_EQ(run.tests[0].test.reason, "line one\nline \"two\"");
  ASSERT_EQ(run.losses.size(), 1U);
  EXPECT_EQ(run.kernel_configs.at("cd").at("CONFIG_HZ"), "250");
  EXPECT_EQ(run.losses[0].kind, LossKind::kTimeout);
}

TEST_F(StoreTest, AnUnknownWordIsNamed) {
  const RunWriter writer = Begin();
  const std::string head = RecordsOf(writer);
  Overwrite(writer,
            head + R"({"type":"loss","cell":"c","kind":"gone","sentence":"","console_tail":"",)"
                   R"("reproduce":""})"
                   "\n");
  EXPECT_NE(
      ComplaintOfReading(writer).find("unknown kind 'gone'; it is one of crash, timeout, lost"),
      std::string::npos);
  Overwrite(writer, head +
                        R"({"type":"cell","name":"c","clock":"sun","inputs":{},"environment":{}})"
                        "\n");
  EXPECT_NE(ComplaintOfReading(writer).find("unknown clock 'sun'"), std::string::npos);
}

TEST(CatchComplaint, ReturnsTheCodesItIsGivenAndNeverARecordFailure) {
  const auto lost = CatchComplaint({sys::ExitCode::kLost}, [] { sys::ThrowLost("gone"); });
  ASSERT_TRUE(lost);
  EXPECT_STREQ(lost->what(), "gone");
  EXPECT_FALSE(CatchComplaint({sys::ExitCode::kLost}, [] {}));
  EXPECT_THROW(CatchComplaint({sys::ExitCode::kLost}, [] { sys::ThrowUsage("wrong"); }),
               sys::Complaint);
  EXPECT_THROW(CatchComplaint({sys::ExitCode::kLost},
                              [] { throw RecordFailure(sys::ExitCode::kLost, "disk full"); }),
               RecordFailure);
}

TEST_F(StoreTest, AnInterruptedRunKeepsEveryWholeLine) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  const std::string records = RecordsOf(writer);
  // Whatever byte the kill came at, the whole lines before it are there.
  for (size_t cut = records.find('\n') + 1; cut < records.size(); cut += 7) {
    Overwrite(writer, records.substr(0, cut));
    const store::Run run = ReadRun(writer.Folder());
    EXPECT_FALSE(run.complete);
    EXPECT_EQ(run.id, writer.Id());
  }
}

TEST_F(StoreTest, ResumeCutsTheUnfinishedLineAndEndsWhole) {
  fs::path folder;
  {
    RunWriter writer = Begin();
    AddOneOfEach(writer);
    Overwrite(writer, RecordsOf(writer) + R"({"type":"slice","cell":"nat)");
    folder = writer.Folder();
  }
  store::Run run = ReadRun(folder);
  {
    RunWriter resumed = RunWriter::Resume(run);
    resumed.Add(Skip{"native", {"later", "reason"}});
    resumed.Finish();
  }
  run = ReadRun(folder);
  EXPECT_TRUE(run.complete);
  EXPECT_EQ(run.slices.size(), 1U);
  EXPECT_EQ(run.skips.size(), 2U);
  EXPECT_THROW((void)RunWriter::Resume(run), sys::Complaint);
}

TEST_F(StoreTest, ARunThatIsStillGoingOnIsNotResumed) {
  std::optional<RunWriter> writer = Begin();
  AddOneOfEach(*writer);
  const std::string before = RecordsOf(*writer);
  store::Run run = ReadRun(writer->Folder());
  try {
    (void)RunWriter::Resume(run);
    ADD_FAILURE() << "two writers of one run";
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    const std::string sentence = complaint.what();
    EXPECT_NE(sentence.find("still going on"), std::string::npos) << sentence;
    if (::access("/proc/locks", R_OK) == 0) {
      EXPECT_NE(sentence.find("(pid " + std::to_string(::getpid()) + ")"), std::string::npos)
          << sentence;
    }
  }
  EXPECT_EQ(RecordsOf(*writer), before);
  // What its first writer added after it was read is known to the second one.
  writer->Add(Skip{"native", {"later", "reason"}});
  writer.reset();
  const RunWriter resumed = RunWriter::Resume(run);
  EXPECT_EQ(run.skips.size(), 2U);
}

TEST_F(StoreTest, AFifoInPlaceOfRecordsKeepsNobodyWaiting) {
  const fs::path folder = results_.Path() / "runs" / "pipe";
  fs::create_directories(folder);
  ASSERT_EQ(::mkfifo((folder / kRecordsFile).c_str(), 0600), 0);
  std::vector<std::string> unreadable;
  EXPECT_TRUE(ListRuns(results_.Path(), unreadable).empty());
  EXPECT_EQ(unreadable, std::vector<std::string>{folder.string()});
  EXPECT_THROW((void)ReadRun(folder), sys::Complaint);
}

TEST_F(StoreTest, AChangedDigitIsSeen) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  writer.Finish();
  std::string records = RecordsOf(writer);
  records.replace(records.find("[5,7,6]"), 7, "[5,8,6]");
  Overwrite(writer, records);
  EXPECT_NE(ComplaintOfReading(writer).find("were changed"), std::string::npos);
}

TEST_F(StoreTest, DamageNamesItsLine) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  writer.Finish();
  const std::string records = RecordsOf(writer);
  std::string damaged = records;
  damaged.replace(damaged.find("\"type\":\"slice\""), 14, "\"type\":\"slyce\"");
  Overwrite(writer, damaged);
  EXPECT_NE(ComplaintOfReading(writer).find("corrupt at line 3"), std::string::npos);
  Overwrite(writer, records + "{}\n");
  EXPECT_NE(ComplaintOfReading(writer).find("after the end"), std::string::npos);
  Overwrite(writer, "");
  EXPECT_NE(ComplaintOfReading(writer).find("empty"), std::string::npos);
  Overwrite(writer, "hello\n");
  EXPECT_NE(ComplaintOfReading(writer).find("corrupt at line 1"), std::string::npos);
}

TEST_F(StoreTest, ARunIsFoundByIdNameAndFolder) {
  RunWriter older = Begin("a");
  older.Finish();
  RunWriter other = Begin("b");
  other.Finish();
  EXPECT_EQ(FindRun(results_.Path(), older.Id()), older.Folder());
  EXPECT_EQ(FindRun(results_.Path(), "b"), other.Folder());
  EXPECT_EQ(FindRun(results_.Path(), older.Folder().string()), older.Folder());
  EXPECT_TRUE(FindRun(results_.Path(), "nobody").empty());
}

TEST_F(StoreTest, OnlyACompleteRunBecomesABaseline) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  EXPECT_THROW(AcceptBaseline(results_.Path(), ReadRun(writer.Folder()), "main"), sys::Complaint);
  writer.Finish();
  EXPECT_THROW(AcceptBaseline(results_.Path(), ReadRun(writer.Folder()), "../x"), sys::Complaint);
  AcceptBaseline(results_.Path(), ReadRun(writer.Folder()), "main");
  const fs::path found = FindRun(results_.Path(), "main");
  EXPECT_EQ(ReadRun(found).id, writer.Id());
}

TEST_F(StoreTest, AWriteThatFailsKeepsTheLinesBeforeItAndSaysHowToGoOn) {
  RunWriter writer = Begin();
  AddOneOfEach(writer);
  const std::string before = RecordsOf(writer);
  // A file size limit stops the write in mid-line, as a full disk would (setrlimit(2)).
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{before.size() + 10, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  std::string sentence;
  try {
    writer.Add(Skip{"native", {"later", "reason"}});
  } catch (const sys::Complaint& complaint) {
    sentence = complaint.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_NE(sentence.find("8 records before it are kept"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("--resume " + writer.Id()), std::string::npos) << sentence;
  EXPECT_EQ(RecordsOf(writer), before);
}

}  // namespace
}  // namespace procmark::store

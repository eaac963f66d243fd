// SPDX-License-Identifier: MIT
// TakeJobs with guests that are functions: what they say is what a real one would.
#include "harness/execute/take_jobs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "harness/store/run_reader.h"
#include "harness/sys/temp_dir.h"

namespace procmark::execute {
namespace {

constexpr const char* kCell = "amd64/debian-6.1/max/exact";

wire::Slice SliceOf(const std::string& benchmark) {
  wire::Slice slice;
  slice.benchmark = benchmark;
  slice.from = "call";
  slice.to = "reaped";
  slice.unit = "instructions";
  slice.samples = {1, 2};
  return slice;
}

wire::Test Passed(const std::string& test, int64_t tainted = 0) {
  return {.test = test, .duration_ns = 1, .tainted = tainted};
}

class TakeJobsTest : public ::testing::Test {
 protected:
  using Say = cell::Guest::OnEvent;

  TakeJobsTest() : folder_(sys::TempDir::Create().Value()) {
    named_ = {kCell, cell::CellSpec::Parse(kCell)};
    work_.cells = {named_};
    cell_.name = kCell;
    cell_.clock = store::Clock::kExact;
    cell_.environment["kernel.package_version"] = "6.1.1-1";
    cell_.environment["kernel.release"] = "6.1.0-1-amd64";
    recorder_.emplace(store::RunWriter::Create(folder_.Path(), "t", "", {}));
    recorder_->Add(cell_);
  }

  // Takes them by `guest`, and reads what was recorded.
  Taken Take(const std::vector<std::string>& benchmarks, const std::vector<std::string>& tests,
             const RunJob& guest) {
    std::vector<plan::Step> steps;
    for (const std::string& benchmark : benchmarks) steps.push_back({kCell, benchmark, 0});
    work_.benchmarks = benchmarks;
    work_.tests = tests;
    Progress progress;
    Progress::Part part = progress.Begin(kCell, 0);
    const Taken taken = TakeJobs(work_, named_, cell_, steps, tests, *recorder_, part, guest);
    run_ = store::ReadRun(recorder_->Folder());
    return taken;
  }

  // The whole life of one program, with `words` in the middle.
  static void Program(const Say& say, int64_t index, const std::vector<wire::Event>& words,
                      int64_t status = 0, int64_t tainted = 0) {
    say(wire::ProgramStart{.index = index});
    say(wire::Hello{});
    for (const wire::Event& word : words) say(word);
    if (status == 0) {
      say(wire::Done{.program = "p", .events = static_cast<int64_t>(words.size()) + 1});
    }
    say(wire::ProgramEnd{.index = index, .status = status, .tainted = tainted});
  }

  sys::TempDir folder_;
  NamedCell named_;
  Work work_;
  store::Cell cell_;
  std::optional<Recorder> recorder_;
  store::Run run_;
};

TEST_F(TakeJobsTest, WhatIsAnsweredIsRecordedOnce) {
  int guests = 0;
  const Taken taken = Take({"fork"}, {"A.B"}, [&](const Job& job, const Say& say) {
    ++guests;
    EXPECT_EQ(job.guest.programs.size(), 2U);
    Program(say, 0, {SliceOf("fork")});
    Program(say, 1, {wire::TestStart{"A.B"}, Passed("A.B")});
    return cell::GuestOutcome{};
  });
  EXPECT_EQ(guests, 1);
  EXPECT_EQ(taken.slices, 1);
  EXPECT_EQ(run_.slices.size(), 1U);
  EXPECT_EQ(run_.tests.size(), 1U);
  EXPECT_TRUE(run_.losses.empty());
}

TEST_F(TakeJobsTest, WhatAGuestThatEndsWellLeavesUnansweredIsLost) {
  Take({"fork"}, {"A.B"}, [](const Job&, const Say& say) {
    Program(say, 0, {});
    Program(say, 1, {});
    return cell::GuestOutcome{};
  });
  ASSERT_EQ(run_.losses.size(), 2U);
  EXPECT_NE(run_.losses[0].sentence.find("never answered for fork"), std::string::npos);
  EXPECT_EQ(run_.losses[0].reproduce,
            "./run.sh run --cell 'amd64/debian-6.1=6.1.1-1/max/exact' --benchmark 'fork'");
  EXPECT_NE(run_.losses[1].sentence.find("never answered for A.B"), std::string::npos);
  EXPECT_EQ(run_.losses[1].reproduce,
            "./run.sh run --cell 'amd64/debian-6.1=6.1.1-1/max/exact' --filter '^A\\.B$'");
}

TEST_F(TakeJobsTest, WhatNobodyAskedForIsNotBelieved) {
  Take({"fork"}, {}, [](const Job&, const Say& say) {
    wire::Slice in_ns = SliceOf("fork");
    in_ns.unit = "ns";
    Program(say, 0, {SliceOf("vfork"), in_ns, Passed("A.B")});
    return cell::GuestOutcome{};
  });
  EXPECT_TRUE(run_.slices.empty());
  EXPECT_TRUE(run_.tests.empty());
  ASSERT_EQ(run_.losses.size(), 2U);
  EXPECT_NE(run_.losses[0].sentence.find("not asked for: a slice of vfork"), std::string::npos);
}

TEST_F(TakeJobsTest, WhatTheHostKnowsOfACellIsNotOverwritten) {
  Take({"fork"}, {}, [](const Job&, const Say& say) {
    wire::Boot boot;
    boot.release = "9.9";
    boot.facts = {{"kernel.package_version", "9"}, {"aslr", "2"}};
    say(boot);
    Program(say, 0, {SliceOf("fork")});
    return cell::GuestOutcome{};
  });
  const std::map<std::string, std::string>& known = run_.cells.front().environment;
  EXPECT_EQ(known.at("kernel.release"), "6.1.0-1-amd64");
  EXPECT_EQ(known.at("guest.kernel.release"), "9.9");
  EXPECT_EQ(known.at("kernel.package_version"), "6.1.1-1");
  EXPECT_EQ(known.at("aslr"), "2");
}

TEST_F(TakeJobsTest, AGuestCannotFillTheDisk) {
  const auto boot_of = [](size_t bytes) {
    wire::Boot boot;
    boot.release = "9.9";
    boot.facts = {{"fact", std::string(bytes, 'x')}};
    return boot;
  };
  Take({"fork", "vfork"}, {"A.B"}, [&](const Job&, const Say& say) {
    say(boot_of(900 << 10));
    for (int i = 0; i < 1000; ++i) {
      wire::Boot again = boot_of(10);
      again.facts["fact" + std::to_string(i)] = "y";
      say(again);
      say(wire::ProgramEnd{.index = 0, .status = 9, .tainted = i});
      say(wire::ProgramStart{.index = i});
      say(wire::ProgramEnd{.index = 0, .status = 9});
      say(wire::Skip{"fork", std::string(100 << 10, 'z')});
      say(Passed(std::string(100 << 10, 'T')));
    }
    return cell::GuestOutcome{};
  });
  const auto bytes = std::filesystem::file_size(recorder_->Folder() / store::kRecordsFile);
  EXPECT_LT(bytes, 1U << 20);
  EXPECT_LT(run_.losses.size(), 10U);
  EXPECT_EQ(run_.cells.front().environment.count("fact"), 0U);
}

TEST_F(TakeJobsTest, ASecondBootIsNotBelieved) {
  Take({"fork"}, {}, [](const Job&, const Say& say) {
    wire::Boot boot;
    boot.facts = {{"aslr", "2"}};
    say(boot);
    boot.facts = {{"thp", "never"}};
    say(boot);
    Program(say, 0, {SliceOf("fork")});
    return cell::GuestOutcome{};
  });
  EXPECT_EQ(run_.cells.front().environment.count("thp"), 0U);
  EXPECT_EQ(run_.slices.size(), 1U);
  ASSERT_EQ(run_.losses.size(), 1U);
  EXPECT_NE(run_.losses[0].sentence.find("a second boot"), std::string::npos);
}

TEST_F(TakeJobsTest, ANewTaintIsACrashOfWhatRanAndAnOldOneIsNot) {
  Take({"fork", "vfork"}, {}, [](const Job&, const Say& say) {
    wire::Boot boot;
    boot.facts = {{"tainted", "128"}};
    say(boot);
    Program(say, 0, {SliceOf("fork")}, 0, 128 | 4096);
    Program(say, 1, {SliceOf("vfork")}, 0, 128 | 4096 | 512);
    return cell::GuestOutcome{};
  });
  ASSERT_EQ(run_.losses.size(), 1U);
  EXPECT_EQ(run_.losses[0].kind, store::LossKind::kCrash);
  EXPECT_NE(run_.losses[0].sentence.find("warned"), std::string::npos);
  EXPECT_NE(run_.losses[0].sentence.find("vfork"), std::string::npos);
}

TEST_F(TakeJobsTest, ANewTaintNamesTheTestThatRan) {
  Take({}, {"A.Good", "A.Bad", "A.Late"}, [&](const Job&, const Say& say) {
    Program(say, 0,
            {wire::TestStart{"A.Good"}, Passed("A.Good"), wire::TestStart{"A.Bad"},
             Passed("A.Bad", 512), wire::TestStart{"A.Late"}, Passed("A.Late")},
            0, 512);
    return cell::GuestOutcome{};
  });
  ASSERT_EQ(run_.losses.size(), 1U);
  EXPECT_NE(run_.losses[0].sentence.find("warned (it is tainted W) while A.Bad ran"),
            std::string::npos)
      << run_.losses[0].sentence;
  EXPECT_NE(run_.losses[0].reproduce.find("A\\.Bad"), std::string::npos);
}

TEST_F(TakeJobsTest, TheRestIsTakenWithoutTheTestThatEndedTheProgram) {
  std::vector<std::vector<std::string>> asked;
  Take({}, {"A.Good", "A.Bad", "A.Late"}, [&](const Job& job, const Say& say) {
    asked.push_back(job.tests);
    if (asked.size() == 1) {
      Program(say, 0, {wire::TestStart{"A.Good"}, Passed("A.Good"), wire::TestStart{"A.Bad"}},
              /*status=*/9);
    } else {
      Program(say, 0, {wire::TestStart{"A.Late"}, Passed("A.Late")});
    }
    return cell::GuestOutcome{};
  });
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[1], std::vector<std::string>{"A.Late"});
  ASSERT_EQ(run_.losses.size(), 1U);
  EXPECT_EQ(run_.losses[0].kind, store::LossKind::kCrash);
  EXPECT_NE(run_.losses[0].reproduce.find("A\\.Bad"), std::string::npos);
}

TEST_F(TakeJobsTest, AQemuThatCannotBeSpokenToIsALossAndAFullDiskIsNot) {
  const Taken taken = Take({"fork"}, {}, [](const Job&, const Say&) -> cell::GuestOutcome {
    sys::ThrowLost("QEMU does not answer");
  });
  EXPECT_EQ(taken.failures, 1);
  ASSERT_EQ(run_.losses.size(), 1U);
  EXPECT_NE(run_.losses[0].sentence.find("QEMU does not answer"), std::string::npos);
  EXPECT_THROW(Take({"fork"}, {},
                    [](const Job&, const Say&) -> cell::GuestOutcome {
                      throw store::RecordFailure(sys::ExitCode::kLost, "disk full");
                    }),
               store::RecordFailure);
}

TEST_F(TakeJobsTest, WorkThatIsTooLongForOneJobIsCut) {
  std::vector<std::string> many;
  for (int i = 0; i < 400; ++i) many.push_back("fork/rss:" + std::to_string(i) + "M/to:reaped");
  size_t guests = 0;
  Take(many, {"A.B"}, [&](const Job& job, const Say& say) {
    ++guests;
    EXPECT_LT(job.guest.Json().size(), 65'536U);
    for (size_t i = 0; i < job.steps.size(); ++i) {
      Program(say, static_cast<int64_t>(i), {SliceOf(job.steps[i].benchmark)});
    }
    if (!job.tests.empty()) {
      Program(say, static_cast<int64_t>(job.steps.size()), {wire::TestStart{"A.B"}, Passed("A.B")});
    }
    return cell::GuestOutcome{};
  });
  EXPECT_GT(guests, 1U);
  EXPECT_EQ(run_.slices.size(), many.size());
  EXPECT_EQ(run_.tests.size(), 1U);
  EXPECT_TRUE(run_.losses.empty());
}

TEST_F(TakeJobsTest, ARunWhoseCellHasChangedIsNotResumed) {
  cell_.inputs["kernel.sha256"] = "aa";
  recorder_->Add(cell_);
  run_ = store::ReadRun(recorder_->Folder());
  recorder_.reset();  // the run was interrupted
  {
    Recorder again(run_);
    EXPECT_NO_THROW(again.Add(cell_));
  }
  cell_.inputs["kernel.sha256"] = "bb";
  Recorder again(run_);
  try {
    again.Add(cell_);
    ADD_FAILURE() << "a changed cell was accepted";
  } catch (const store::RecordFailure& failure) {
    EXPECT_EQ(failure.Code(), sys::ExitCode::kUsage);
    EXPECT_NE(std::string(failure.what()).find("was aa when it began and is bb now"),
              std::string::npos)
        << failure.what();
  }
}

}  // namespace
}  // namespace procmark::execute

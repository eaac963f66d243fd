// SPDX-License-Identifier: MIT
// Bad input gets one clear sentence, the right exit code, and leaves nothing behind.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"
#include "harness/store/run_writer.h"

namespace procmark::e2e {
namespace {

// The answer is one sentence of procmark on stderr, and nothing on stdout.
void ExpectComplaint(const Answer& answer, int exit_code, const std::string& words) {
  EXPECT_EQ(answer.exit_code, exit_code) << answer.err;
  EXPECT_NE(answer.err.find("procmark: "), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find(words), std::string::npos) << answer.err;
  EXPECT_EQ(answer.out, "");
}

TEST(BadInput, AnUnknownCell) {
  ExpectComplaint(Tool().Run({"run", "--cell", "amd64/debian-6.1/max"}), 2, "unknown cell");
}

TEST(BadInput, AFilterThatMatchesNothing) {
  ExpectComplaint(Tool().Run({"run", "--cell", "native", "--filter", "no such thing"}), 2,
                  "matches no benchmark and no test");
}

TEST(BadInput, AFilterThatIsNoRegularExpression) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run", "--cell", "native"}, {"compare", "native", "native"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--filter", "("});
    ExpectComplaint(Tool().Run(words), 2, "--filter '(' is not a regular expression: missing )");
  }
}

// A matcher with backtracking needs more time for this than the deadline of the tool.
TEST(BadInput, AFilterOfNestedRepetitionIsMatchedInLinearTime) {
  ExpectComplaint(Tool().Run({"run", "--cell", "native", "--filter", "^(([a-z/:]+)+)+!$"}), 2,
                  "matches no benchmark and no test");
}

TEST(BadInput, AWrongCommandLine) {
  ExpectComplaint(Tool().Run({"run", "--frobnicate"}), 2,
                  "--frobnicate; procmark run --help lists the options");
  ExpectComplaint(Tool().Run({"frobnicate"}), 2,
                  "there is no command 'frobnicate'; procmark --help lists the commands");
  ExpectComplaint(Tool().Run({"run", "--rounds", "0"}), 2, "not in range 1 to 10000");
  ExpectComplaint(Tool().Run({"images", "prune", "--frobnicate"}), 2,
                  "--frobnicate; procmark images prune --help lists the options");
}

TEST(BadInput, AnUnknownRun) {
  ExpectComplaint(Tool().Run({"report", "nobody"}), 2, "no run or baseline is called 'nobody'");
  ExpectComplaint(Tool().Run({"compare", "nobody", "nobody-else"}), 2, "neither a stored run");
}

TEST(BadInput, APlanWithAnUnknownKey) {
  const sys::TempDir folder = sys::TempDir::Create().Value();
  std::ofstream(folder.Path() / "p.toml") << "cels = [\"native\"]\n";
  ExpectComplaint(Tool().Run({"run", "--plan", (folder.Path() / "p.toml").string()}), 2,
                  "'cels' is not a key");
}

TEST(BadInput, ATextFileAsKernel) {
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::string kernel = (folder.Path() / "kernel").string();
  std::ofstream(kernel) << "this is no kernel\n";
  const Answer answer =
      Tool().Run({"run", "--cell", "amd64/file:" + kernel + "/max/exact", "--filter", "^fork/"});
  EXPECT_EQ(answer.exit_code, 2) << answer.err;
  EXPECT_NE(answer.err.find(kernel), std::string::npos) << answer.err;
}

TEST(BadInput, CellsOfDifferentClocksAreNotCompared) {
  ExpectComplaint(Tool().Run({"compare", "native", "amd64/debian-6.1/max/exact"}), 2,
                  "different clocks");
}

TEST(BadInput, ACorruptRunFolder) {
  const Tool tool;
  store::RunWriter writer = store::RunWriter::Create(tool.Results(), "n", "", {});
  std::ofstream(writer.Folder() / store::kRecordsFile, std::ios::app) << "this is no record\n";
  ExpectComplaint(tool.Run({"report", writer.Id()}), 3, "corrupt at line 2");
  ExpectComplaint(tool.Run({"compare", writer.Id(), writer.Id()}), 3, "corrupt at line 2");
  std::filesystem::remove(writer.Folder() / store::kRecordsFile);
  ExpectComplaint(tool.Run({"report", writer.Id()}), 3, "is not a run");
}

TEST(BadInput, APlanThatTomlPlusPlusCannotBear) {
  const sys::TempDir folder = sys::TempDir::Create().Value();
  std::ofstream(folder.Path() / "p.toml") << "[?a]\n";
  ExpectComplaint(Tool().Run({"run", "--plan", (folder.Path() / "p.toml").string()}), 2,
                  "line 1: a table's name cannot begin with '?'");
}

TEST(BadInput, ARunThatIsStillGoingOnIsNotResumed) {
  const Tool tool;
  const store::RunWriter writer = store::RunWriter::Create(tool.Results(), "n", "", {});
  ExpectComplaint(tool.Run({"run", "--resume", writer.Id()}), 2,
                  "this run is still going on (pid " + std::to_string(::getpid()) + ")");
}

TEST(BadInput, AFifoInPlaceOfRecords) {
  const Tool tool;
  const std::filesystem::path folder = tool.Results() / "runs" / "pipe";
  std::filesystem::create_directories(folder);
  ASSERT_EQ(::mkfifo((folder / store::kRecordsFile).c_str(), 0600), 0);
  const Answer list = tool.Run({"list", "runs"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_NE(list.err.find("unreadable: "), std::string::npos) << list.err;
  ExpectComplaint(tool.Run({"report", "pipe"}), 3, "is not a regular file");
}

// Nothing of somebody's run moves the cursor, turns the writing round, begins a line or gives an
// order to a CI service.
void ExpectOnlyText(const std::string& text) {
  for (const char* hostile : {"\x1b", "\r", "\u202e", "\u2028", "\xc2\x9b", "\n::", "\n ::"}) {
    EXPECT_EQ(("\n" + text).find(hostile), std::string::npos) << text;
  }
}

TEST(BadInput, WhatSomebodysRunSaysIsText) {
  constexpr const char* kHostile =
      "::error::a\x1b[2J\u202e\u2028\xc2\x9b"
      "b\r\n::error::c\n ::add-mask::d";
  const Tool tool;
  const store::RunWriter writer =
      store::RunWriter::Create(tool.Results(), kHostile, kHostile, {{"host.kernel", kHostile}});
  const Answer list = tool.Run({"list", "runs"});
  EXPECT_NE(list.out.find(writer.Id()), std::string::npos) << list.out;
  ExpectOnlyText(list.out);
  std::ofstream(writer.Folder() / store::kRecordsFile, std::ios::app)
      << R"({"type":"cell","name":"c","clock":"\n::error::\u001b[2J\u202e","inputs":{},)"
      << R"("environment":{}})"
      << "\n";
  const Answer report = tool.Run({"report", writer.Id()});
  ExpectComplaint(report, 3, "unknown clock");
  ExpectOnlyText(report.err);
}

// A tmpfs mounted for one test.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& options) : folder_(sys::TempDir::Create().Value()) {
    mounted_ = ::mount("none", Path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(Path().c_str(), MNT_DETACH);
  }
  bool Mounted() const { return mounted_; }
  const std::filesystem::path& Path() const { return folder_.Path(); }

 private:
  sys::TempDir folder_;
  bool mounted_ = false;
};

TEST(BadInput, AFullDiskKeepsWhatWasRecorded) {
  const SmallDisk disk("size=64k");
  if (!disk.Mounted()) GTEST_SKIP() << "mounting a small tmpfs needs root";
  Tool tool;
  tool.KeepResultsIn(disk.Path());
  const Answer answer = tool.Run(
      {"run", "--cell", "native", "--filter", "^fork/to:", "--no-tests", "--rounds", "1000"});
  EXPECT_EQ(answer.exit_code, 3) << answer.err;
  EXPECT_NE(answer.err.find("records before it are kept"), std::string::npos) << answer.err;
  std::vector<std::string> unreadable;
  const std::vector<store::RunHead> runs = store::ListRuns(disk.Path(), unreadable);
  ASSERT_EQ(runs.size(), 1U);
  const store::Run run = store::ReadRun(runs[0].folder);
  EXPECT_FALSE(run.complete);
  EXPECT_GT(run.slices.size(), 5U);
}

}  // namespace
}  // namespace procmark::e2e

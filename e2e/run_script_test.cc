// SPDX-License-Identifier: MIT
// run.sh, with a small project in place of procmark: what is built again and what is not, who waits
// for whom, and how a failed build ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "e2e/tool.h"
#include "harness/sys/child.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/temp_dir.h"

namespace procmark::e2e {
namespace {

namespace fs = std::filesystem;

constexpr long long kDeadlineMs = 120'000;

constexpr const char* kCMakeLists = R"(cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
include_directories(${CMAKE_SOURCE_DIR}/../packages)
add_custom_command(OUTPUT gate.h COMMAND sh ${CMAKE_SOURCE_DIR}/gate ${KIND} && touch gate.h
                   DEPENDS ${CMAKE_SOURCE_DIR}/gate)
foreach(program procmark procmark-images procmark-bench procmark-conformance procmark-init)
  add_executable(${program} main.cc gate.h)
  target_compile_definitions(${program} PRIVATE KIND="${KIND}")
endforeach()
set_target_properties(procmark PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/harness)
set_target_properties(procmark-images PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/images)
)";

constexpr const char* kPresets = R"({"version": 6, "configurePresets": [
  {"name": "harness", "generator": "Ninja", "binaryDir": "${sourceDir}/build/harness",
   "cacheVariables": {"KIND": "harness"}},
  {"name": "programs", "generator": "Ninja",
   "binaryDir": "${sourceDir}/build/programs-$env{PROCMARK_ARCH}",
   "cacheVariables": {"KIND": "programs"}}]}
)";

// `measure` needs the programs of amd64, whose sysroot is the root folder; `look` needs nothing.
constexpr const char* kMain = R"(#include <cstdio>
#include <cstring>
#include <package.h>
int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "sysroot") == 0) return puts("/") < 0;
  if (argc > 1 && strcmp(argv[1], "needs") == 0)
    return strcmp(argv[2], "measure") == 0 ? puts("programs amd64") < 0 : 0;
  return puts("text of " KIND " with " PACKAGE) < 0;
}
)";

void Write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::trunc) << text;
}

Answer RunToEnd(const std::vector<std::string>& argv) {
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand(argv, sys::Deadline::After(kDeadlineMs));
  if (!output) return {-1, "", output.Failure().Text()};
  const int status = output.Value().status;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output.Value().out, output.Value().err};
}

class RunScript : public ::testing::Test {
 protected:
  RunScript() : folder_(sys::TempDir::Create().Value()) {
    for (const char* file : {"run.sh", "cmake/build.sh"}) {
      fs::create_directories((Tree() / file).parent_path());
      fs::copy_file(fs::path(PROCMARK_ROOT) / file, Tree() / file);
    }
    Write(Tree() / "CMakeLists.txt", kCMakeLists);
    Write(Tree() / "CMakePresets.json", kPresets);
    Write(Tree() / "main.cc", kMain);
    Write(Tree() / "gate", "true\n");
    InstallPackage("package.h", "one");
    InstallPackage("other.h", "one");
  }

  fs::path Tree() const { return folder_.Path() / "tree"; }
  static std::vector<std::string> Script(const fs::path& tree, const std::string& command) {
    return {(tree / "run.sh").string(), command};
  }
  Answer Do(const std::string& command) const { return RunToEnd(Script(Tree(), command)); }

  // As dpkg does it: a new file with the modification time that it has in the package.
  void InstallPackage(const std::string& header, const std::string& text) const {
    const fs::path file = folder_.Path() / "packages" / header;
    Write(file.string() + ".dpkg-new", "#define PACKAGE \"" + text + "\"\n");
    const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (file.string() + ".dpkg-new").c_str(), old, 0), 0);
    fs::rename(file.string() + ".dpkg-new", file);
  }

  // Lets the next build of `kind` wait until OpenGate(): reading the pipe waits for a writer.
  void CloseGate(const std::string& kind) const {
    ASSERT_EQ(::mkfifo((Tree() / "pipe").c_str(), 0600), 0);
    Write(Tree() / "gate", "[ $1 != " + kind + " ] || cat '" + (Tree() / "pipe").string() + "'\n");
  }
  void OpenGate() const { std::ofstream(Tree() / "pipe") << "\n"; }

  // What the lock of the harness says of its last holder.
  std::string HolderOfHarness() const {
    return sys::ReadSmallFile((Tree() / "build/.lock-harness").string()).Value();
  }

  sys::TempDir folder_;
};

// A command that runs while the test goes on.
class Background {
 public:
  explicit Background(const std::vector<std::string>& argv)
      : pipe_(sys::Pipe::Create().Value()), child_(Start(argv)) {
    pipe_.write.Close();
  }

  // Reads stderr until it holds `text`; false when it ends or the deadline passes before.
  bool Says(const std::string& text) {
    const sys::Deadline deadline = sys::Deadline::After(kDeadlineMs);
    while (said_.find(text) == std::string::npos) {
      pollfd readable{pipe_.read.Get(), POLLIN, 0};
      char bytes[512];
      if (::poll(&readable, 1, deadline.PollTimeoutMs()) <= 0) return false;
      const ssize_t got = ::read(pipe_.read.Get(), bytes, sizeof bytes);
      if (got <= 0) return false;
      said_.append(bytes, static_cast<size_t>(got));
    }
    return true;
  }
  const std::string& Said() const { return said_; }
  std::string Process() const { return std::to_string(child_.Id().Number()); }
  int ExitCode() {
    const std::optional<int> status = child_.Wait(sys::Deadline::After(kDeadlineMs)).Value();
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }

 private:
  sys::Child Start(const std::vector<std::string>& argv) const {
    sys::Child::Options options;
    options.fds[2] = pipe_.write.Get();
    return sys::Child::Spawn(argv, options).Value();
  }
  sys::Pipe pipe_;
  sys::Child child_;
  std::string said_;
};

TEST_F(RunScript, BuildsTheHarnessAndRunsTheCommand) {
  const Answer answer = Do("look");
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_EQ(answer.out, "text of harness with one\n");
  EXPECT_FALSE(fs::exists(Tree() / "build/programs-amd64"));
  EXPECT_EQ(Do("measure").exit_code, 0);
  EXPECT_TRUE(fs::exists(Tree() / "build/programs-amd64/procmark-bench"));
}

TEST_F(RunScript, ACopiedBuildFolderIsBuiltAgain) {
  ASSERT_EQ(Do("measure").exit_code, 0);
  const fs::path copy = folder_.Path() / "copy";
  ASSERT_EQ(RunToEnd({"cp", "-a", Tree().string(), copy.string()}).exit_code, 0);
  std::string changed = kMain;
  changed.replace(changed.find("text of"), 7, "copy of");
  Write(copy / "main.cc", changed);
  const Answer answer = RunToEnd(Script(copy, "measure"));
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_EQ(answer.out, "copy of harness with one\n");
  for (const char* preset : {"harness", "programs-amd64"}) {
    const std::string made =
        (copy / "build" / preset).string() + " was made as " + (Tree() / "build" / preset).string();
    EXPECT_NE(answer.err.find(made), std::string::npos) << answer.err;
  }
  EXPECT_EQ(RunToEnd({(copy / "build/programs-amd64/procmark-bench").string()}).out,
            "copy of programs with one\n");
  EXPECT_EQ(Do("look").out, "text of harness with one\n");
}

TEST_F(RunScript, AReplacedHeaderOfAPackageIsCompiledAlthoughItIsOld) {
  ASSERT_EQ(Do("measure").exit_code, 0);
  InstallPackage("package.h", "two");
  const Answer answer = Do("measure");
  EXPECT_EQ(answer.out, "text of harness with two\n") << answer.err;
  EXPECT_NE(answer.err.find("headers outside the project were replaced"), std::string::npos);
  EXPECT_EQ(RunToEnd({(Tree() / "build/programs-amd64/procmark-bench").string()}).out,
            "text of programs with two\n");
}

// What decides whether a command builds or waits for programs: only `report` may take old ones.
TEST(Needs, OnlyWhatMeasuresOrListsBuildsPrograms) {
  const std::string programs = "programs amd64\n";
  const auto needs = [](std::vector<std::string> words) {
    words.insert(words.begin(), "needs");
    return Tool().Run(words).out;
  };
  EXPECT_EQ(needs({"run", "--cell", "native"}), programs);
  EXPECT_EQ(needs({"list", "benchmarks"}), programs);
  EXPECT_EQ(needs({"compare", "native", "native"}), programs);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"--version"},
                                             {"run", "--help"},
                                             {"list", "runs"},
                                             {"list", "cells"},
                                             {"report", "a-run"},
                                             {"accept", "a-run"},
                                             {"images", "list"},
                                             {"no-such-command"}}) {
    EXPECT_EQ(needs(command), "") << command.front();
  }
  const sys::TempDir nothing_built = sys::TempDir::Create().Value();
  ::setenv("PROCMARK_BUILD", nothing_built.Path().c_str(), 1);
  const Answer report = RunToEnd({PROCMARK_TOOL, "needs", "report", "a-run"});
  ::unsetenv("PROCMARK_BUILD");
  EXPECT_EQ(report.out, programs);
}

TEST_F(RunScript, AnUnrelatedPackageCompilesNothing) {
  ASSERT_EQ(Do("look").exit_code, 0);
  const fs::path object = Tree() / "build/harness/CMakeFiles/procmark.dir/main.cc.o";
  const fs::file_time_type before = fs::last_write_time(object);
  InstallPackage("other.h", "two");
  const Answer answer = Do("look");
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_EQ(answer.err, "");
  EXPECT_EQ(fs::last_write_time(object), before);
}

TEST_F(RunScript, ChangedPresetsAreConfigured) {
  ASSERT_EQ(Do("look").exit_code, 0);
  std::string presets = kPresets;
  presets.replace(presets.find(R"("KIND": "harness")"), 17, R"("KIND": "preset!")");
  Write(Tree() / "CMakePresets.json", presets);
  EXPECT_EQ(Do("look").out, "text of preset! with one\n");
}

TEST_F(RunScript, ACompileErrorIsShownAndIsTheUsersToMend) {
  Write(Tree() / "main.cc", "int main() { return undeclared_word; }\n");
  const Answer answer = Do("look");
  EXPECT_EQ(answer.exit_code, 2) << answer.err;
  EXPECT_EQ(answer.out, "");
  EXPECT_NE(answer.err.find("main.cc:1:21: error: "), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find("procmark: the sources do not compile"), std::string::npos);
  EXPECT_EQ(answer.err.find("-c "), std::string::npos) << "the command is noise: " << answer.err;
}

TEST_F(RunScript, AFullDiskIsNotTheUsersError) {
  Write(Tree() / "gate",
        "echo 'fatal error: error writing to x: No space left on device'; false\n");
  const Answer answer = Do("look");
  EXPECT_EQ(answer.exit_code, 3) << answer.err;
  EXPECT_NE(answer.err.find("No space left on device"), std::string::npos) << answer.err;
}

TEST_F(RunScript, WhoWaitsSaysForWhomAndOthersDoNotWait) {
  ASSERT_EQ(Do("look").exit_code, 0);
  CloseGate("programs");
  Background first(Script(Tree(), "measure"));
  ASSERT_TRUE(first.Says("building its programs")) << first.Said();
  Background second(Script(Tree(), "measure"));
  EXPECT_TRUE(second.Says("waiting for ./run.sh measure (process " + first.Process() +
                          "), which builds the programs for amd64"))
      << second.Said();
  const Answer other = Do("look");
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(other.err.find("waiting"), std::string::npos) << other.err;
  OpenGate();
  EXPECT_EQ(first.ExitCode(), 0);
  EXPECT_EQ(second.ExitCode(), 0);
}

TEST_F(RunScript, ACommandWithoutProgramsTakesTheOldHarnessWhileANewOneIsBuilt) {
  ASSERT_EQ(Do("look").exit_code, 0);
  CloseGate("harness");
  Background builder(Script(Tree(), "measure"));
  const sys::Deadline deadline = sys::Deadline::After(kDeadlineMs);
  while (HolderOfHarness().find("measure") == std::string::npos && !deadline.Expired()) {
    ::sched_yield();
  }
  const Answer answer = Do("look");
  EXPECT_EQ(answer.exit_code, 0) << answer.err;
  EXPECT_NE(answer.err.find("using the harness as it was before ./run.sh measure (process " +
                            builder.Process() + "), which builds the harness"),
            std::string::npos)
      << answer.err;
  OpenGate();
  EXPECT_EQ(builder.ExitCode(), 0) << builder.Said();
}

}  // namespace
}  // namespace procmark::e2e

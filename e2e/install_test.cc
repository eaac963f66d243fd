// SPDX-License-Identifier: MIT
// What `cmake --install` copies works away from the sources; its manual page and its completion say
// what the tools accept.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <fstream>
#include <set>

#include "e2e/tool.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/text.h"

namespace procmark::e2e {
namespace {

namespace fs = std::filesystem;

constexpr long long kCommandMs = 300'000;

// Runs a command as a user does who has only what was installed.
sys::CommandOutput RunInstalled(const std::vector<std::string>& argv) {
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand(argv, sys::Deadline::After(kCommandMs),
                      {{"PROCMARK_PROJECT", ""}, {"PROCMARK_BUILD", ""}, {"PROCMARK_RESULTS", ""}});
  if (!output) return {-1, "", output.Failure().Text()};
  return output.Value();
}

class Installed : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    prefix_ = std::make_unique<sys::TempDir>(sys::TempDir::Create().Value());
    for (const char* build : {PROCMARK_BUILD_DIR, PROCMARK_BUILD_DIR "/../programs-amd64"}) {
      const sys::CommandOutput output =
          RunInstalled({PROCMARK_CMAKE, "--install", build, "--prefix", Prefix().string()});
      ASSERT_EQ(output.status, 0) << output.err;
    }
  }
  static void TearDownTestSuite() { prefix_.reset(); }

  static const fs::path& Prefix() { return prefix_->Path(); }
  static std::string Procmark() { return (Prefix() / "bin/procmark").string(); }
  static std::string Page(const std::string& name) {
    return (Prefix() / "share/man/man1" / (name + ".1")).string();
  }
  // The words that bash offers for the last word of `line`.
  static std::set<std::string> Completions(const std::string& line) {
    const std::string script = "source '" + (Prefix() / Completion()).string() + "'\nPATH='" +
                               (Prefix() / "bin").string() + "':$PATH\nCOMP_LINE='" + line +
                               "' COMP_POINT=" + std::to_string(line.size()) +
                               "\n_complete_procmark\nprintf '%s\\n' \"${COMPREPLY[@]}\"";
    const sys::CommandOutput output = RunInstalled({"bash", "-c", script});
    EXPECT_EQ(output.status, 0) << output.err;
    EXPECT_EQ(output.err, "");
    const std::vector<std::string> words = sys::SplitNonEmpty(output.out, '\n');
    return {words.begin(), words.end()};
  }
  static const char* Completion() { return "share/bash-completion/completions/procmark"; }

 private:
  static inline std::unique_ptr<sys::TempDir> prefix_;
};

TEST_F(Installed, MeasuresAwayFromTheSources) {
  const sys::TempDir elsewhere = sys::TempDir::Create().Value();
  const std::string results = (elsewhere.Path() / "results").string();
  const sys::CommandOutput output = RunInstalled(
      {"env", "-C", elsewhere.Path().string(), Procmark(), "run", "--cell", "native", "--filter",
       "^(vfork/to:reaped|WaitOptions.NoChildrenIsEchild)$", "--rounds", "10"});
  EXPECT_EQ(output.status, 0) << output.err << output.out;
  EXPECT_TRUE(fs::exists(results + "/runs")) << output.err;
  const sys::CommandOutput images = RunInstalled({Procmark(), "images", "cache", "--json"});
  EXPECT_EQ(images.status, 0) << images.err;
  // Nothing that it reads is the tree that it was built from.
  const sys::CommandOutput trace = RunInstalled(
      {"strace", "-f", "-qq", "-e", "trace=openat,execve", Procmark(), "list", "cells"});
  ASSERT_EQ(trace.status, 0) << trace.err;
  EXPECT_EQ(trace.err.find("\"" PROCMARK_ROOT), std::string::npos) << trace.err;
  EXPECT_NE(trace.err.find("share/procmark/plans/default.toml"), std::string::npos) << trace.err;
}

// Every option in the help of every command of a tool. `tool` is the words that call it.
std::set<std::string> OptionsIn(const std::vector<std::string>& tool) {
  const auto help = [&tool](const std::string& command) {
    std::vector<std::string> argv = tool;
    if (!command.empty()) argv.push_back(command);
    argv.emplace_back("--help");
    return RunInstalled(argv).out;
  };
  const std::string all = help("");
  std::string texts = all;
  re2::StringPiece commands(all);
  for (std::string line; re2::RE2::FindAndConsume(&commands, "\n  ([a-z-]+) ", &line);) {
    if (line != "images" && line != "native") texts += help(line);
  }
  std::set<std::string> options;
  re2::StringPiece rest(texts);
  for (std::string one; re2::RE2::FindAndConsume(&rest, "\n  (?:-[a-z], )?(--[a-z-]+)", &one);) {
    options.insert(one);
  }
  return options;
}

TEST_F(Installed, ManualPagesHoldEveryOptionAndRenderWithoutAWarning) {
  for (const auto& [name, tool] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"procmark", {Procmark()}}, {"procmark-images", {Procmark(), "images"}}}) {
    const sys::CommandOutput warnings =
        RunInstalled({"groff", "-ww", "-man", "-Tutf8", Page(name)});
    EXPECT_EQ(warnings.status, 0) << warnings.err;
    EXPECT_EQ(warnings.err, "") << name;
    const sys::CommandOutput page =
        RunInstalled({"env", "MANWIDTH=200", "MANPAGER=cat", "man", "-l", Page(name)});
    EXPECT_EQ(page.err, "") << name;
    const std::set<std::string> options = OptionsIn(tool);
    EXPECT_GE(options.size(), 10U);
    for (const std::string& option : options) {
      EXPECT_NE(page.out.find(option), std::string::npos) << name << " lacks " << option;
    }
  }
}

TEST_F(Installed, BashCompletesCommandsOptionsAndValues) {
  using Words = std::set<std::string>;
  EXPECT_EQ(Completions("procmark re"), (Words{"report"}));
  EXPECT_EQ(Completions("procmark --results /x sh"), (Words{"shell"}));
  EXPECT_EQ(Completions("procmark run --perf "), (Words{"record", "stat"}));
  EXPECT_EQ(Completions("procmark run --guest-s"), (Words{"--guest-silence-s"}));
  EXPECT_EQ(Completions("procmark list "),
            (Words{"benchmarks", "cells", "kernels", "runs", "tests"}));
  EXPECT_EQ(Completions("procmark images pr"), (Words{"prune"}));
  EXPECT_EQ(Completions("procmark images prune --l"), (Words{"--limit"}));
  EXPECT_EQ(Completions("procmark shell nat"), (Words{"native"}));
  // What follows the last ':', as bash breaks words there.
  EXPECT_EQ(Completions("procmark run --benchmark vfork/to:rea"), (Words{"reaped"}));
  EXPECT_EQ(Completions("procmark run --plan " + (Prefix() / "share/procmark/plans/qu").string()),
            (Words{(Prefix() / "share/procmark/plans/quick.toml").string()}));
}

}  // namespace
}  // namespace procmark::e2e

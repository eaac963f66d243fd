// SPDX-License-Identifier: MIT
// The version: found in a repository, in an archive of one and without git; recorded in every run.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "e2e/tool.h"
#include "harness/store/run_reader.h"
#include "harness/sys/proc_stat.h"

namespace procmark::e2e {
namespace {

namespace fs = std::filesystem;

constexpr long long kCommandMs = 60'000;

// Runs a command that must succeed and returns what it prints, without the last newline.
std::string Must(const std::vector<std::string>& argv) {
  const sys::Result<sys::CommandOutput> output =
      sys::RunCommand(argv, sys::Deadline::After(kCommandMs));
  if (!output || output.Value().status != 0) {
    ADD_FAILURE() << argv[0] << ": " << (output ? output.Value().err : output.Failure().Text());
    return "";
  }
  std::string out = output.Value().out;
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

// A folder with the files that the script reads, and a file to modify.
class Sources {
 public:
  Sources() : folder_(sys::TempDir::Create().Value()) {
    fs::create_directories(Tree() / "cmake");
    fs::create_directories(Tree() / "results");
    for (const char* file : {"cmake/commit.txt", "cmake/version.cmake", ".gitattributes"}) {
      fs::copy_file(fs::path(PROCMARK_ROOT) / file, Tree() / file);
    }
    Write("source.cc", "1");
    Write("results/baseline", "1");
  }

  fs::path Tree() const { return folder_.Path() / "a tree"; }
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(Tree() / file) << text;
  }
  std::string Git(std::vector<std::string> words) const {
    words.insert(words.begin(), {"git", "-C", Tree().string(), "-c", "user.name=a", "-c",
                                 "user.email=a@b", "-c", "commit.gpgSign=false"});
    return Must(words);
  }
  void Commit() const {
    if (!fs::exists(Tree() / ".git")) Git({"init", "-q"});
    Git({"add", "."});
    Git({"commit", "-q", "-m", "text"});
  }
  // The initialiser that the script writes for the tree at `tree`: `{"0123456789ab", false}`.
  std::string Answer(const fs::path& tree) const {
    const std::string output = (folder_.Path() / "commit.cc").string();
    Must({PROCMARK_CMAKE, "-DSOURCE=" + tree.string(), "-DOUTPUT=" + output,
          "-DDEPFILE=" + output + ".d", "-P", (tree / "cmake/version.cmake").string()});
    const std::string text = sys::ReadSmallFile(output).Value();
    const size_t brace = text.find("= {") + 2;
    return text.substr(brace, text.find(';') - brace);
  }
  std::string Dependencies() const {
    return sys::ReadSmallFile((folder_.Path() / "commit.cc.d").string()).Value();
  }

 private:
  sys::TempDir folder_;
};

std::string Expected(const std::string& commit, bool modified) {
  return "{\"" + commit.substr(0, 12) + "\", " + (modified ? "true}" : "false}");
}

TEST(Version, OfARepositoryFollowsHeadAndModifications) {
  const Sources sources;
  sources.Commit();
  const std::string first = sources.Git({"rev-parse", "HEAD"});
  EXPECT_EQ(sources.Answer(sources.Tree()), Expected(first, false));
  // What the build watches, so that it asks again.
  EXPECT_NE(sources.Dependencies().find("/source.cc"), std::string::npos);
  EXPECT_NE(sources.Dependencies().find("/.git/logs/HEAD"), std::string::npos);
  EXPECT_NE(sources.Dependencies().find("a\\ tree/"), std::string::npos);

  sources.Write("results/baseline", "2");
  EXPECT_EQ(sources.Answer(sources.Tree()), Expected(first, false));
  sources.Write("source.cc", "2");
  EXPECT_EQ(sources.Answer(sources.Tree()), Expected(first, true));

  sources.Commit();
  const std::string second = sources.Git({"rev-parse", "HEAD"});
  EXPECT_NE(second, first);
  EXPECT_EQ(sources.Answer(sources.Tree()), Expected(second, false));
}

TEST(Version, OfAnArchiveIsTheCommitThatItWasMadeFrom) {
  const Sources sources;
  sources.Commit();
  const fs::path unpacked = sources.Tree() / "unpacked here";  // inside another repository
  fs::create_directories(unpacked);
  sources.Git({"archive", "-o", "archive.tar", "HEAD"});
  Must({"tar", "-x", "-f", (sources.Tree() / "archive.tar").string(), "-C", unpacked.string()});
  EXPECT_EQ(sources.Answer(unpacked), Expected(sources.Git({"rev-parse", "HEAD"}), false));
}

TEST(Version, OfAFolderWithoutGitIsUnknown) {
  const Sources sources;
  EXPECT_EQ(sources.Answer(sources.Tree()), Expected("", false));
}

TEST(Version, IsPrintedAndRecordedInEveryRun) {
  const Tool tool;
  const Answer version = tool.Run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  ASSERT_TRUE(version.out.starts_with("procmark 1."));
  const std::string text = version.out.substr(9, version.out.size() - 10);
  const Answer run =
      tool.Run({"run", "--cell", "native", "--filter", "^WaitOptions.NoChildrenIsEchild$"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Answer list = tool.Run({"list", "runs", "--json"});
  const nlohmann::json runs = nlohmann::json::parse(list.out);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].at("procmark"), text);
  const fs::path folder = runs[0].at("folder").get<std::string>();
  for (const char* report :
       {"report.html", "report.md", "benchmarks.json", "junit.xml", "results.ktap"}) {
    EXPECT_NE(sys::ReadSmallFile((folder / report).string()).Value().find(text), std::string::npos)
        << report;
  }
}

}  // namespace
}  // namespace procmark::e2e

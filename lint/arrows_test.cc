// Who may include whom. The folders are a pipeline; an include against the stream fails here.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

// A layer is a top folder, or a folder of the harness.
std::string LayerOf(const std::string& path) {
  const size_t slash = path.find('/');
  if (slash == std::string::npos) return path;
  const std::string top = path.substr(0, slash);
  if (top != "harness") return top;
  const size_t second = path.find('/', slash + 1);
  return second == std::string::npos ? "harness" : path.substr(0, second);
}

// What each layer may include besides itself.
const std::map<std::string, std::set<std::string>>& Arrows() {
  static const std::map<std::string, std::set<std::string>> kArrows = {
      {"harness/sys", {}},
      {"harness/stats", {}},
      {"harness/wire", {"harness/sys"}},
      {"harness/plan", {"harness/sys"}},
      {"harness/store", {"harness/wire", "harness/sys"}},
      {"harness/cell", {"harness/store", "harness/wire", "harness/sys"}},
      {"harness/compare", {"harness/store", "harness/wire", "harness/stats", "harness/sys"}},
      {"harness/report",
       {"harness/compare", "harness/store", "harness/wire", "harness/stats", "harness/sys"}},
      {"harness/execute",
       {"harness/plan", "harness/cell", "harness/store", "harness/wire", "harness/sys"}},
      {"harness/cli",
       {"harness/execute", "harness/plan", "harness/cell", "harness/store", "harness/compare",
        "harness/report", "harness/wire", "harness/sys"}},
      {"bench", {"harness/sys", "harness/wire"}},
      {"conformance", {"harness/sys", "harness/wire"}},
      {"images", {"harness/sys", "harness/wire"}},
      {"lint", {}},
      {"e2e", {"harness/store", "harness/wire", "harness/sys"}},
  };
  return kArrows;
}

// Every include that runs against the arrows, as "FILE includes FILE".
std::vector<std::string> Violations(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const SourceFile& file : files) {
    if (!file.IsCode()) continue;
    const std::string from = LayerOf(file.path);
    const auto arrows = Arrows().find(from);
    if (arrows == Arrows().end()) {
      found.push_back(file.path + " is in a folder that has no place in the design");
      continue;
    }
    for (const std::string& included : file.Includes()) {
      const std::string to = LayerOf(included);
      if (to != from && !arrows->second.contains(to)) {
        found.push_back(file.path + " includes " + included);
      }
    }
  }
  return found;
}

TEST(Arrows, NobodyIncludesAgainstThem) {
  const std::vector<SourceFile> files = ReadTree(ProjectRoot());
  ASSERT_GT(files.size(), 50U);
  EXPECT_EQ(Violations(files), std::vector<std::string>{});
}

TEST(Arrows, AViolationIsFound) {
  EXPECT_EQ(Violations({{"bench/a.cc", "#include \"harness/cell/guest.h\"\n"}}).size(), 1U);
  EXPECT_EQ(Violations({{"harness/stats/a.h", "#include \"harness/sys/fd.h\"\n"}}).size(), 1U);
  EXPECT_EQ(Violations({{"harness/cell/a.cc", "#include \"images/host/cache.h\"\n"}}).size(), 1U);
  EXPECT_EQ(Violations({{"misc/a.cc", "int x;\n"}}).size(), 1U);
  EXPECT_EQ(Violations({{"bench/a.cc", "#include \"harness/wire/event.h\"\n"}}).size(), 0U);
}

}  // namespace
}  // namespace procmark::lint

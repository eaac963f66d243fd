// SPDX-License-Identifier: MIT
// Which folder may include which. Data flows one way through the folders; an include in the other
// direction fails here.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lint/allowed.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

// Each layer and the layers that its files may include besides their own. A file belongs to the
// layer with the longest matching name.
const std::map<std::string, std::set<std::string>>& Arrows() {
  static const std::map<std::string, std::set<std::string>> arrows = {
      {"harness/sys", {}},
      {"harness/stats", {}},
      {"harness/manual", {"harness/sys"}},
      {"harness/wire", {"harness/sys"}},
      {"harness/plan", {"harness/sys"}},
      {"harness/store", {"harness/wire", "harness/sys"}},
      {"harness/cell", {"harness/store", "harness/wire", "harness/sys"}},
      {"harness/compare", {"harness/store", "harness/wire", "harness/stats", "harness/sys"}},
      {"harness/report",
       {"harness/compare", "harness/explain", "harness/store", "harness/wire", "harness/stats",
        "harness/sys"}},
      {"harness/execute",
       {"harness/plan", "harness/cell", "harness/explain", "harness/store", "harness/wire",
        "harness/sys"}},
      {"harness/explain", {"harness/stats", "harness/wire", "harness/sys"}},
      {"harness/cli",
       {"harness/execute", "harness/explain", "harness/plan", "harness/cell", "harness/store",
        "harness/compare", "harness/report", "harness/manual", "harness/wire", "harness/sys"}},
      // Every folder of bench/ that is not named here holds the benchmarks of one area.
      {"bench", {"bench/subject", "bench/programs", "harness/sys"}},
      {"bench/subject", {"harness/sys"}},
      {"bench/programs", {"bench/subject", "harness/sys"}},
      {"bench/limits", {"bench/subject", "harness/sys"}},
      {"bench/driver", {"bench/subject", "harness/wire", "harness/sys"}},
      {"bench/test", {"bench/driver", "bench/subject", "harness/wire", "harness/sys"}},
      {"conformance/vocabulary", {"harness/sys"}},
      {"conformance/tests", {"conformance/vocabulary", "harness/sys"}},
      {"conformance/runner", {"conformance/vocabulary", "harness/wire", "harness/sys"}},
      {"conformance/mutation/faults", {"harness/sys"}},
      {"conformance/mutation/check", {"conformance/ctest", "harness/wire", "harness/sys"}},
      // Built with the harness, and not a program that runs in guests.
      {"conformance/ctest", {"harness/compare", "harness/store", "harness/wire", "harness/sys"}},
      {"images/guest", {"harness/wire", "harness/sys"}},
      {"images/host", {"harness/manual", "harness/sys"}},
      {"images/lab", {"harness/sys"}},
      {"lint", {}},
      {"e2e", {"harness/store", "harness/wire", "harness/sys"}},
  };
  return arrows;
}

// Folders of fixtures that the tests of other layers may include, but not their production code.
const std::map<std::string, std::set<std::string>>& ArrowsOfTests() {
  static const std::map<std::string, std::set<std::string>> arrows = {
      {"bench/driver", {"bench/test"}},
  };
  return arrows;
}

// The layer of the file at `path`; empty when it is in none.
std::string LayerOf(const std::string& path) {
  for (size_t slash = path.rfind('/'); slash != std::string::npos;) {
    const std::string folder = path.substr(0, slash);
    if (Arrows().contains(folder)) return folder;
    slash = slash == 0 ? std::string::npos : path.rfind('/', slash - 1);
  }
  return "";
}

// True when `layer` is `allowed`, or a folder below it.
bool IsWithin(const std::string& layer, const std::string& allowed) {
  return layer == allowed || layer.starts_with(allowed + "/");
}

bool MayInclude(const SourceFile& file, const std::string& from, const std::string& to) {
  if (from == to && from != "bench") return true;
  const auto permits = [&to](const std::set<std::string>& layers) {
    for (const std::string& layer : layers) {
      if (IsWithin(to, layer)) return true;
    }
    return false;
  };
  if (permits(Arrows().at(from))) return true;
  const auto of_tests = ArrowsOfTests().find(from);
  return file.path.ends_with("_test.cc") && of_tests != ArrowsOfTests().end() &&
         permits(of_tests->second);
}

std::vector<Offence> Offences(const SourceFile& file) {
  std::vector<Offence> found;
  if (!file.IsCode()) return found;
  const std::string from = LayerOf(file.path);
  if (from.empty()) {
    return {{file.path, 0, "is in a folder that is no layer: add its arrows to this test"}};
  }
  for (const std::string& included : file.Includes()) {
    const bool same_folder = included.starts_with(file.Folder() + "/");
    if (!same_folder && !MayInclude(file, from, LayerOf(included))) {
      found.push_back({file.path, 0, "includes " + included});
    }
  }
  return found;
}

TEST(Arrows, NoFileIncludesAgainstThem) {
  ASSERT_GT(ReadTree(ProjectRoot()).size(), 50U);
  const std::string found = NotAllowed("arrows", OffencesOfTree(Offences));
  EXPECT_TRUE(found.empty()) << found;
}

size_t Count(const std::string& path, const std::string& included) {
  return Offences({path, "#include \"" + included + "\"\n"}).size();
}

TEST(Arrows, AViolationIsFound) {
  EXPECT_EQ(Count("bench/create/a.cc", "harness/cell/guest.h"), 1U);
  EXPECT_EQ(Count("harness/stats/a.h", "harness/sys/fd.h"), 1U);
  EXPECT_EQ(Count("harness/cell/a.cc", "images/host/cache.h"), 1U);
  EXPECT_EQ(Count("harness/cell/a.cc", "lint/source_tree.h"), 1U);
  EXPECT_EQ(Count("misc/a.cc", "misc/a.h"), 1U) << "a folder without a place";
  EXPECT_EQ(Count("bench/subject/a.cc", "bench/driver/launch.h"), 1U);
  EXPECT_EQ(Count("bench/create/a.cc", "bench/exit/exit.h"), 1U);
  EXPECT_EQ(Count("bench/create/a.cc", "bench/driver/launch.h"), 1U);
  EXPECT_EQ(Count("bench/driver/a.cc", "bench/test/run_bench.h"), 1U);
  EXPECT_EQ(Count("conformance/vocabulary/a.cc", "conformance/runner/filter.h"), 1U);
  EXPECT_EQ(Count("conformance/vocabulary/a.cc", "conformance/tests/wait/a.h"), 1U);
  EXPECT_EQ(Count("conformance/tests/wait/a.cc", "conformance/runner/filter.h"), 1U);
  EXPECT_EQ(Count("conformance/mutation/check/a.cc", "conformance/tests/wait/a.h"), 1U);
  EXPECT_EQ(Count("images/host/a.cc", "images/guest/job.h"), 1U);
  EXPECT_EQ(Count("images/guest/a.cc", "images/host/cache.h"), 1U);
}

TEST(Arrows, WhatTheyPermitIsNoViolation) {
  EXPECT_EQ(Count("bench/driver/a.cc", "harness/wire/event.h"), 0U);
  EXPECT_EQ(Count("bench/driver/a_test.cc", "bench/test/run_bench.h"), 0U);
  EXPECT_EQ(Count("bench/create/a.cc", "bench/create/a.h"), 0U);
  EXPECT_EQ(Count("bench/create/a.cc", "bench/programs/exit.h"), 0U);
  EXPECT_EQ(Count("conformance/tests/wait/a.cc", "conformance/vocabulary/process.h"), 0U);
  EXPECT_EQ(Count("harness/cli/a.cc", "harness/execute/execute.h"), 0U);
}

}  // namespace
}  // namespace procmark::lint

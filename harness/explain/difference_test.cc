// SPDX-License-Identifier: MIT
// Differences add up, and functions are matched with what they became.
#include "harness/explain/difference.h"

#include <gtest/gtest.h>

#include <map>

#include "harness/explain/test/synthetic_profile.h"

namespace procmark::explain {
namespace {

// One sample of a system call whose functions cost what `costs` says; each is called by the one
// before it.
Explanation Made(const std::vector<std::pair<std::string, uint32_t>>& costs, int64_t loop = 0) {
  SyntheticProfile profile;
  profile.Cut(Cut::kClock, 0, Mode::kUser);
  profile.Cut(Cut::kEnter, 0, Mode::kKernel);
  std::vector<Step> path;
  int64_t sum = loop;
  for (const auto& [function, cost] : costs) {
    path.push_back({function, path.empty() ? How::kSystemCall : How::kCall});
    profile.Run(path, cost);
    sum += cost;
  }
  if (loop > 0) profile.Run(path, 1, loop, 0x1000);
  profile.Cut(Cut::kClock, 0, Mode::kUser);
  wire::Slice slice;
  slice.benchmark = "b";
  slice.from = "call";
  slice.to = "reaped";
  slice.samples = {sum};
  return Explain({slice, profile.Made(), profile.Symbols(), NoInlinedFunctions()});
}

std::map<std::string, int64_t> ChangesOf(const Difference& difference) {
  std::map<std::string, int64_t> changes;
  for (const DifferenceRow& row : difference.functions) changes[row.name] = row.Change().elapsed;
  return changes;
}

const DifferenceRow& RowOf(const Difference& difference, const std::string& name) {
  for (const DifferenceRow& row : difference.functions) {
    if (row.name == name) return row;
  }
  ADD_FAILURE() << "no row " << name;
  return difference.functions.front();
}

void ExpectAddUp(const Difference& difference) {
  const Cost whole = difference.b - difference.a;
  for (const std::vector<DifferenceRow>* rows : {&difference.functions, &difference.phases}) {
    Cost sum;
    for (const DifferenceRow& row : *rows) sum += row.Change();
    EXPECT_EQ(sum, whole);
  }
}

TEST(Difference, EqualSidesHaveNone) {
  const Explanation one = Made({{"entry", 10}, {"do_exit", 200}});
  const Difference difference = Compare(one, one);
  EXPECT_TRUE(difference.functions.empty());
  EXPECT_TRUE(difference.phases.empty());
}

TEST(Difference, FunctionsOfOneNameAreCompared) {
  const Difference difference = Compare(Made({{"entry", 10}, {"do_exit", 200}, {"dup_fd", 70}}),
                                        Made({{"entry", 10}, {"do_exit", 250}, {"dup_fd", 60}}));
  EXPECT_EQ(ChangesOf(difference),
            (std::map<std::string, int64_t>{{"do_exit", 50}, {"dup_fd", -10}}));
  EXPECT_EQ(difference.functions.front().name, "do_exit");  // the largest first
  ExpectAddUp(difference);
}

TEST(Difference, CopiesAndPiecesAreTheirFunction) {
  const Difference difference = Compare(Made({{"entry", 10}, {"dup_fd.isra.0", 70}}),
                                        Made({{"entry", 10}, {"dup_fd.constprop.0", 75}}));
  EXPECT_EQ(ChangesOf(difference), (std::map<std::string, int64_t>{{"dup_fd", 5}}));
}

TEST(Difference, RenamedFunctionsAreMatched) {
  const Difference difference = Compare(Made({{"entry", 10}, {"page_add_file_rmap", 400}}),
                                        Made({{"entry", 10}, {"folio_add_file_rmap_ptes", 500}}));
  EXPECT_EQ(
      ChangesOf(difference),
      (std::map<std::string, int64_t>{{"page_add_file_rmap -> folio_add_file_rmap_ptes", 100}}));
  ExpectAddUp(difference);
}

TEST(Difference, OtherNamesAreMatchedByWhatTheyDo) {
  const Difference difference = Compare(Made({{"entry", 10}, {"kernel_init_pages", 45'000}}),
                                        Made({{"entry", 10}, {"clear_highpages", 45'100}}));
  EXPECT_EQ(ChangesOf(difference),
            (std::map<std::string, int64_t>{{"kernel_init_pages -> clear_highpages", 100}}));
}

TEST(Difference, AnInlinedFunctionIsComparedWithItsCaller) {
  const Difference difference = Compare(Made({{"entry", 10}, {"do_exit", 300}, {"exit_mm", 200}}),
                                        Made({{"entry", 10}, {"do_exit", 510}}));
  EXPECT_EQ(ChangesOf(difference),
            (std::map<std::string, int64_t>{{"do_exit + exit_mm -> do_exit", 10}}));
  ExpectAddUp(difference);
}

TEST(Difference, WhatCannotBeMatchedIsListed) {
  const Difference difference =
      Compare(Made({{"entry", 10}, {"do_exit", 300}}),
              Made({{"entry", 10}, {"do_exit", 300}, {"mas_dup_build", 1240}}));
  const DifferenceRow& row = RowOf(difference, "mas_dup_build");
  EXPECT_EQ(row.Change().elapsed, 1240);
  EXPECT_EQ(row.note, "new");
  EXPECT_EQ(row.calls_b, 1);
  ExpectAddUp(difference);
}

TEST(Difference, ALoopIsNamedWithItsTurns) {
  const Difference difference =
      Compare(Made({{"entry", 10}, {"dup_fd", 300}}), Made({{"entry", 10}, {"dup_fd", 300}}, 1000));
  const DifferenceRow& row = RowOf(difference, "dup_fd");
  EXPECT_EQ(row.Change().elapsed, 1000);
  EXPECT_NE(row.note.find("ran 1000 times"), std::string::npos) << row.note;
}

TEST(Difference, CollapsedLinesHaveBothSides) {
  const std::string text = CollapsedDifference(Made({{"entry", 10}, {"dup_fd", 70}}),
                                               Made({{"entry", 12}, {"do_exit", 5}}));
  EXPECT_EQ(text,
            "caller;entry 10 12\n"
            "caller;entry;do_exit 0 5\n"
            "caller;entry;dup_fd 70 0\n");
}

TEST(NameSimilarity, CountsCommonWords) {
  EXPECT_EQ(NameSimilarity("alloc_pages", "alloc_pages_noprof"), 1);
  EXPECT_EQ(NameSimilarity("__alloc_pages", "__alloc_frozen_pages_noprof"), 1);
  EXPECT_GT(NameSimilarity("free_unref_page_list", "free_unref_folios"), 0.5);
  EXPECT_EQ(NameSimilarity("dup_fd", "exit_mm"), 0);
}

}  // namespace
}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "conformance/ctest/coverage.h"

#include <map>
#include <optional>
#include <utility>

#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

// The item of the tests that are broken on purpose.
constexpr const char* kCanary = "canary";

// "12" is {12, 12} and "92-103" is {92, 103}; nothing for other text and for a range that runs
// backwards.
std::optional<std::pair<int64_t, int64_t>> RangeOf(const std::string& word) {
  const std::vector<std::string> ends = sys::Split(word, '-');
  if (ends.size() > 2) return {};
  const auto first = sys::ParseNumber<int64_t>(ends.front());
  const auto last = sys::ParseNumber<int64_t>(ends.back());
  if (!first || !last || *first > *last) return {};
  return std::pair(*first, *last);
}

class Comparison {
 public:
  explicit Comparison(const std::vector<CatalogueRow>& rows) {
    for (const CatalogueRow& row : rows) {
      if (!rows_.emplace(row.id, &row).second) Fault(row.id, "is in the catalogue twice");
    }
  }

  void CheckAreas(const std::set<std::string>& areas) {
    for (const auto& [id, row] : rows_) {
      if (!areas.contains(row->area)) {
        Fault(id, "has the area '" + row->area + "', which is no folder of conformance/tests/");
      }
    }
  }

  void AddTest(const ListedTest& test) {
    bool names_a_row = false;
    for (const std::string& word : sys::SplitNonEmpty(test.item, ' ')) {
      if (word == kCanary) continue;
      names_a_row = true;
      AddItem(test.name, word);
    }
    if (!names_a_row) ++coverage_.without_row;
  }

  Coverage Finish() {
    for (const auto& [id, row] : rows_) {
      const auto test = tested_by_.find(id);
      const bool tested = test != tested_by_.end();
      if (tested && !row->untested.empty()) {
        Fault(id, "is tested by " + test->second + ": remove its 'untested'");
      } else if (tested) {
        ++coverage_.tested;
      } else if (!row->untested.empty()) {
        ++coverage_.excused;
      } else {
        Fault(id, "has no test: write one, or say why there is none in 'untested'");
      }
    }
    return std::move(coverage_);
  }

 private:
  void Fault(int64_t id, const std::string& what) {
    coverage_.faults.push_back("row " + std::to_string(id) + " " + what);
  }

  void AddItem(const std::string& test, const std::string& word) {
    const auto range = RangeOf(word);
    if (!range) {
      coverage_.faults.push_back(test + ": the item '" + word +
                                 "' is neither a row nor a range of rows");
      return;
    }
    // The ends are looked up first, so that an absurd range costs nothing.
    for (const int64_t end : {range->first, range->second}) {
      if (rows_.contains(end)) continue;
      coverage_.faults.push_back(test + ": the catalogue has no row " + std::to_string(end));
      return;
    }
    for (int64_t id = range->first; id <= range->second; ++id) {
      if (!rows_.contains(id)) {
        coverage_.faults.push_back(test + ": the catalogue has no row " + std::to_string(id));
      }
      tested_by_.emplace(id, test);
    }
  }

  std::map<int64_t, const CatalogueRow*> rows_;
  std::map<int64_t, std::string> tested_by_;
  Coverage coverage_;
};

}  // namespace

Coverage CompareWithTests(const std::vector<CatalogueRow>& rows,
                          const std::vector<ListedTest>& tests,
                          const std::set<std::string>& areas) {
  Comparison comparison(rows);
  comparison.CheckAreas(areas);
  for (const ListedTest& test : tests) comparison.AddTest(test);
  return comparison.Finish();
}

}  // namespace procmark::conformance

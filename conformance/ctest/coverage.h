// SPDX-License-Identifier: MIT
// Compares the catalogue with the tests: each row is either asserted by a test or excused.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "conformance/ctest/catalogue.h"
#include "conformance/ctest/test_list.h"

namespace procmark::conformance {

struct Coverage {
  size_t tested = 0;       // rows that at least one test names
  size_t excused = 0;      // rows with `untested`
  size_t without_row = 0;  // tests that name no row
  // One sentence for each fault, empty when the two agree: an id that two rows have, an area that
  // is not in `areas`, an item that is neither a row nor a range of rows, an item that names a row
  // that is not there, a row that is both tested and excused, and a row that is neither.
  std::vector<std::string> faults;
};

// `areas` are the folders of conformance/tests/.
Coverage CompareWithTests(const std::vector<CatalogueRow>& rows,
                          const std::vector<ListedTest>& tests, const std::set<std::string>& areas);

}  // namespace procmark::conformance

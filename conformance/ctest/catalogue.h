// SPDX-License-Identifier: MIT
// The catalogue (conformance/catalogue.toml): the rules of Linux process management that the tests
// assert, and the rows that no test asserts, each with its reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace procmark::conformance {

struct CatalogueRow {
  int64_t id = 0;
  std::string area;       // a folder of conformance/tests/
  std::string says;       // one sentence
  std::string authority;  // a manual page, POSIX, or a file and function of the kernel's source
  std::string untested;   // why no test asserts this row; empty when a test has to
};

// The rows in the order of `text`, which is TOML; `origin` names the file in messages. Throws
// sys::Complaint (usage) for text that is not TOML, an unknown key, a key that is missing, empty or
// of another type, an id below 1, and a `says` that does not end with a full stop.
std::vector<CatalogueRow> ReadCatalogue(const std::string& text, const std::string& origin);

}  // namespace procmark::conformance

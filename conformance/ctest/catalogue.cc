// SPDX-License-Identifier: MIT
#include "conformance/ctest/catalogue.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

std::string PlaceOf(const toml::node& node, const std::string& origin) {
  return origin + ":" + std::to_string(node.source().begin.line);
}

// The string at `key`, which must be there and must not be empty.
std::string TextAt(const toml::table& table, std::string_view key, const std::string& place) {
  const auto value = table[key].value_exact<std::string>();
  if (!value || value->empty()) {
    sys::ThrowUsage(place + ": this row needs '" + std::string(key) + "', a string with text");
  }
  return *value;
}

void RefuseUnknownKeys(const toml::table& table, const std::string& place) {
  constexpr std::array<std::string_view, 5> kKeys = {"id", "area", "says", "authority", "untested"};
  for (const auto& [key, value] : table) {
    if (std::find(kKeys.begin(), kKeys.end(), key.str()) == kKeys.end()) {
      sys::ThrowUsage(place + ": a row has no key '" + std::string(key.str()) +
                      "', only id, area, says, authority and untested");
    }
  }
}

CatalogueRow RowOf(const toml::table& table, const std::string& place) {
  RefuseUnknownKeys(table, place);
  CatalogueRow row;
  const auto id = table["id"].value_exact<int64_t>();
  if (!id || *id < 1) sys::ThrowUsage(place + ": this row needs 'id', a whole number from 1 on");
  row.id = *id;
  row.area = TextAt(table, "area", place);
  row.says = TextAt(table, "says", place);
  row.authority = TextAt(table, "authority", place);
  if (table.contains("untested")) row.untested = TextAt(table, "untested", place);
  if (!row.says.ends_with('.')) {
    sys::ThrowUsage(place + ": 'says' must be a sentence that ends with a full stop");
  }
  return row;
}

}  // namespace

std::vector<CatalogueRow> ReadCatalogue(const std::string& text, const std::string& origin) {
  toml::table file;
  try {
    file = toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    sys::ThrowUsage(origin + ":" + std::to_string(error.source().begin.line) + ": " +
                    std::string(error.description()));
  }
  for (const auto& [key, value] : file) {
    if (key.str() != "row" || !value.is_array_of_tables()) {
      sys::ThrowUsage(PlaceOf(value, origin) + ": the catalogue holds [[row]] tables only, not '" +
                      std::string(key.str()) + "'");
    }
  }
  std::vector<CatalogueRow> rows;
  if (const toml::array* list = file["row"].as_array()) {
    for (const toml::node& node : *list) {
      rows.push_back(RowOf(*node.as_table(), PlaceOf(node, origin)));
    }
  }
  return rows;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// EnumNames: the words for an enum's values, in one table that writing and reading share.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace procmark::sys {

template <typename Enum>
struct EnumName {
  Enum value;
  const char* name;
};

// A table with one row for each value of Enum. constexpr, so that it needs no start-up code.
template <typename Enum, size_t kCount>
class EnumNames {
 public:
  using Rows = std::array<EnumName<Enum>, kCount>;

  explicit constexpr EnumNames(const Rows& rows) : rows_(rows) {}

  // Ends the process for a value that no row has: the table is incomplete.
  constexpr const char* NameOf(Enum value) const {
    for (const EnumName<Enum>& row : rows_) {
      if (row.value == value) return row.name;
    }
    __builtin_trap();
  }

  // Nothing for a word that no row has. Compares the whole word, with its case.
  constexpr std::optional<Enum> Parse(std::string_view name) const {
    for (const EnumName<Enum>& row : rows_) {
      if (name == row.name) return row.value;
    }
    return std::nullopt;
  }

  // The same, for words that must be there. Throws std::runtime_error, which says what `what` may
  // be, for an unknown word.
  Enum Require(const std::string& what, std::string_view name) const {
    if (const std::optional<Enum> value = Parse(name)) return *value;
    throw std::runtime_error("unknown " + what + " '" + std::string(name) + "'; it is one of " +
                             List());
  }

  // "pass, fail, skip": for messages and help.
  std::string List() const {
    std::string list;
    for (const EnumName<Enum>& row : rows_) {
      if (!list.empty()) list += ", ";
      list += *row.name == '\0' ? "''" : row.name;
    }
    return list;
  }

  constexpr const Rows& All() const { return rows_; }

 private:
  Rows rows_;
};

// EnumNames of rows in braces, without naming the types twice.
template <typename Enum, size_t kCount>
constexpr EnumNames<Enum, kCount> MakeEnumNames(const EnumName<Enum> (&rows)[kCount]) {
  return EnumNames<Enum, kCount>(std::to_array(rows));
}

}  // namespace procmark::sys

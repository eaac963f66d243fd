// SPDX-License-Identifier: MIT
// Finds the TOML texts on which toml++ 3.3 ends the process instead of throwing a parse_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace procmark::sys {

struct TomlFault {
  int64_t line = 0;  // from 1
  std::string what;  // "a table's name cannot begin with '?'; put it in quotes"
};

// Why toml::parse() must not be called with `text`: a table's name that begins with a character
// that no name begins with (it fails an assertion), or a key of very many parts (its destructors
// recurse once for each). Nothing when it may be called; the text may still be no TOML.
std::optional<TomlFault> WhyNotParsed(std::string_view text);

}  // namespace procmark::sys

// SPDX-License-Identifier: MIT
#include "harness/explain/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>

#include "harness/explain/entry_points.h"
#include "harness/sys/text.h"

namespace procmark::explain {
namespace {

struct Symbol {
  uint64_t address = 0;
  bool code = false;
  std::string_view name;
  std::string_view module;
};

Symbol ParseLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t tab = line.find('\t');
  const std::optional<uint64_t> address = sys::ParseNumber<uint64_t>(line.substr(0, first), 16);
  if (!address || first == std::string_view::npos || line.substr(first + 2, 1) != " ") {
    throw std::runtime_error(fmt::format("'{}' is no line of /proc/kallsyms", line));
  }
  Symbol symbol;
  symbol.address = *address;
  const char type = line[first + 1];
  symbol.code = type == 't' || type == 'T' || type == 'w' || type == 'W';
  symbol.name = line.substr(first + 3, tab == std::string_view::npos ? tab : tab - first - 3);
  if (tab != std::string_view::npos && line.ends_with(']') && tab + 2 < line.size()) {
    symbol.module = line.substr(tab + 2, line.size() - tab - 3);
  }
  return symbol;
}

// Padding before functions (CONFIG_CALL_PADDING, CONFIG_CFI_CLANG) and the assembler's own labels.
bool IsIgnored(std::string_view name) {
  return name.starts_with("__pfx_") || name.starts_with("__cfi_") || name.starts_with("$") ||
         name.starts_with(".L");
}

// A name that the linker script gives to a place between functions.
bool IsMarker(std::string_view name) {
  constexpr std::array<std::string_view, 8> kEndings = {"_text_start", "_text_end", "_stext",
                                                        "_etext",      "_text",     "text_begin",
                                                        "_sinittext",  "_einittext"};
  return std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

// Sorts the names of one address: the plainest first.
auto Plainness(const Symbol& symbol) {
  const size_t underscores = std::min(symbol.name.find_first_not_of('_'), symbol.name.size());
  return std::make_tuple(!symbol.code, IsMarker(symbol.name), underscores, symbol.name.size(),
                         symbol.name);
}

std::vector<Symbol> Parse(std::string_view kallsyms) {
  std::vector<Symbol> symbols;
  while (!kallsyms.empty()) {
    const size_t end = std::min(kallsyms.find('\n'), kallsyms.size());
    const Symbol symbol = ParseLine(kallsyms.substr(0, end));
    if (!IsIgnored(symbol.name)) symbols.push_back(symbol);
    kallsyms.remove_prefix(std::min(end + 1, kallsyms.size()));
  }
  std::ranges::sort(symbols, [](const Symbol& a, const Symbol& b) {
    return std::make_pair(a.address, Plainness(a)) < std::make_pair(b.address, Plainness(b));
  });
  const auto again = std::ranges::unique(symbols, {}, &Symbol::address);
  symbols.erase(again.begin(), again.end());
  return symbols;
}

constexpr std::string_view kCold = ".cold";

// Gives each symbol its function.
class Numbering {
 public:
  explicit Numbering(SymbolTable& table) : table_(table) {
    for (const char* name : {"user space", "firmware", "kernel code without a symbol"}) {
      table_.functions.push_back({name, name, "", 0});
    }
  }

  void AddFunction(const Symbol& symbol) {
    const auto number = static_cast<uint32_t>(table_.functions.size());
    table_.functions.push_back({std::string(symbol.name), BaseName(symbol.name),
                                std::string(symbol.module), symbol.address});
    table_.map.starts.push_back({symbol.address, number});
    named_.emplace(std::make_pair(symbol.module, symbol.name), number);
  }

  // To be called when all others are there.
  void AddCold(const Symbol& symbol) {
    const std::string_view of = symbol.name.substr(0, symbol.name.find(kCold));
    const auto [begin, end] = named_.equal_range({symbol.module, of});
    // Which of two functions of one name it belongs to cannot be told.
    if (begin == end || std::next(begin) != end) return AddFunction(symbol);
    table_.map.starts.push_back({symbol.address, begin->second});
  }

  void AddEnd(const Symbol& symbol) { table_.map.starts.push_back({symbol.address}); }

 private:
  SymbolTable& table_;
  std::multimap<std::pair<std::string_view, std::string_view>, uint32_t> named_;
};

}  // namespace

std::string BaseName(std::string_view name) {
  constexpr std::array<std::string_view, 7> kMarks = {
      ".isra", ".constprop", ".part", ".cold", ".lto_priv", ".llvm", ".localalias"};
  size_t end = name.size();
  for (const std::string_view mark : kMarks) end = std::min(end, name.find(mark));
  return std::string(name.substr(0, end));
}

SymbolTable MakeSymbolTable(const std::string& arch, std::string_view kallsyms) {
  SymbolTable table;
  Numbering numbering(table);
  const std::vector<Symbol> symbols = Parse(kallsyms);
  std::vector<NamedAddress> code;
  for (const Symbol& symbol : symbols) {
    const bool function = symbol.code && !IsMarker(symbol.name);
    const uint64_t end = (&symbol == &symbols.back() ? symbol.address : (&symbol + 1)->address);
    if (function) code.push_back({symbol.name, {symbol.address, end}});
    if (!function) {
      numbering.AddEnd(symbol);
    } else if (symbol.name.find(kCold) == std::string_view::npos) {
      numbering.AddFunction(symbol);
    }
  }
  if (code.empty()) throw std::runtime_error("the kernel's symbols name no code");
  for (const Symbol& symbol : symbols) {
    if (symbol.code && !IsMarker(symbol.name) &&
        symbol.name.find(kCold) != std::string_view::npos) {
      numbering.AddCold(symbol);
    }
  }
  std::ranges::sort(table.map.starts, {}, &CodeStart::address);
  DescribeArchitecture(arch, code, table.map);
  return table;
}

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "images/guest/kernel_symbols.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace procmark::guest {
namespace {

constexpr size_t kEventBytes = 256 * 1024;

}  // namespace

bool CodeSymbols::Keep(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || space + 1 >= line.size()) return false;
  if (line.ends_with(']')) return true;
  const char type = line[space + 1];
  const bool code = type == 't' || type == 'T' || type == 'w' || type == 'W';
  const bool keep = code || in_code_;
  in_code_ = code;
  return keep;
}

void SendKernelSymbols(Records& records) {
  std::ifstream table("/proc/kallsyms");
  if (!table) throw std::runtime_error("cannot open /proc/kallsyms");
  CodeSymbols symbols;
  bool has_address = false;
  std::string text;
  for (std::string line; std::getline(table, line);) {
    if (!symbols.Keep(line)) continue;
    has_address = has_address || line.find_first_not_of('0') < line.find(' ');
    text += line;
    text += '\n';
    if (text.size() < kEventBytes) continue;
    records.Send(wire::Symbols{text});
    text.clear();
  }
  if (!has_address) throw std::runtime_error("/proc/kallsyms shows no addresses");
  records.Send(wire::Symbols{text});
}

}  // namespace procmark::guest

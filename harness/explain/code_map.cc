// SPDX-License-Identifier: MIT
#include "harness/explain/code_map.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace procmark::explain {
namespace {

constexpr std::string_view kHeading = "procmark code map 1";

void AddLine(std::string& text, std::string_view word, std::initializer_list<uint64_t> numbers) {
  text += word;
  for (const uint64_t number : numbers) {
    std::array<char, 17> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
    text += ' ';
    text.append(digits.data(), written.ptr);
  }
  text += '\n';
}

// Takes the next line of `text` apart. False when it is no word with at most four numbers.
struct Line {
  std::string_view word;
  std::array<uint64_t, 4> numbers{};
  size_t count = 0;
};
bool TakeLine(std::string_view& text, Line& line) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  std::string_view rest = text.substr(0, end);
  text.remove_prefix(end + 1);
  line = {};
  line.word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(line.word.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view digits = rest.substr(0, rest.find(' '));
    if (line.count == line.numbers.size()) return false;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(),
                                      line.numbers[line.count++], 16);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return false;
    rest.remove_prefix(digits.size());
  }
  return true;
}

bool Adopt(const Line& line, CodeMap& map) {
  const auto& numbers = line.numbers;
  const auto is = [&](std::string_view word, size_t count) {
    return line.word == word && line.count == count;
  };
  if (is("kernel", 2)) {
    map.kernel = {numbers[0], numbers[1]};
  } else if (is("firmware", 2)) {
    map.firmware = {numbers[0], numbers[1]};
  } else if (is("switch", 2)) {
    map.stack_switch = {numbers[0], numbers[1]};
  } else if (is("task_end", 1)) {
    map.task_end = numbers[0];
  } else if (is("entry", 4) && numbers[3] <= static_cast<uint64_t>(Entry::kTrap)) {
    map.entries.push_back({{numbers[0], numbers[1]}, numbers[2], static_cast<Entry>(numbers[3])});
  } else if (is("code", 2)) {
    map.starts.push_back({numbers[0], static_cast<uint32_t>(numbers[1])});
  } else {
    return false;
  }
  return true;
}

std::vector<CodeStart>::const_iterator StartAtOrBefore(const std::vector<CodeStart>& starts,
                                                       uint64_t address) {
  auto after = std::ranges::upper_bound(starts, address, {}, &CodeStart::address);
  return after == starts.begin() ? starts.end() : after - 1;
}

}  // namespace

Mode CodeMap::ModeOf(uint64_t address) const {
  if (kernel.Holds(address)) return Mode::kKernel;
  return firmware.Holds(address) ? Mode::kFirmware : Mode::kUser;
}

uint32_t CodeMap::FunctionAt(uint64_t address) const {
  switch (ModeOf(address)) {
    case Mode::kUser:
      return kUserSpace;
    case Mode::kFirmware:
      return kFirmware;
    case Mode::kKernel:
      break;
  }
  const auto start = StartAtOrBefore(starts, address);
  return start == starts.end() ? uint32_t{kUnnamedKernel} : start->function;
}

bool CodeMap::IsStart(uint64_t address) const {
  const auto start = StartAtOrBefore(starts, address);
  return start != starts.end() && start->address == address;
}

Entry CodeMap::EntryAt(uint64_t address) const {
  for (const EntryPoint& point : entries) {
    if (!point.range.Holds(address)) continue;
    if (point.stride == 0 || (address - point.range.begin) % point.stride == 0) return point.entry;
  }
  return Entry::kNone;
}

std::string CodeMap::Text() const {
  std::string text(kHeading);
  text += '\n';
  AddLine(text, "kernel", {kernel.begin, kernel.end});
  AddLine(text, "firmware", {firmware.begin, firmware.end});
  AddLine(text, "switch", {stack_switch.begin, stack_switch.end});
  AddLine(text, "task_end", {task_end});
  for (const EntryPoint& point : entries) {
    AddLine(text, "entry",
            {point.range.begin, point.range.end, point.stride, static_cast<uint64_t>(point.entry)});
  }
  for (const CodeStart& start : starts) AddLine(text, "code", {start.address, start.function});
  return text;
}

std::optional<CodeMap> CodeMap::Parse(std::string_view text) {
  CodeMap map;
  if (!text.starts_with(kHeading) || text.substr(kHeading.size(), 1) != "\n") return std::nullopt;
  text.remove_prefix(kHeading.size() + 1);
  Line line;
  while (!text.empty()) {
    if (!TakeLine(text, line) || !Adopt(line, map)) return std::nullopt;
  }
  if (!std::ranges::is_sorted(map.starts, {}, &CodeStart::address)) return std::nullopt;
  return map;
}

}  // namespace procmark::explain

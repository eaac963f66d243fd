// SPDX-License-Identifier: MIT
#include "harness/manual/option_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace procmark::manual {

std::string NamesOf(const OptionText& option) {
  std::string names = fmt::format("{}", fmt::join(option.names, ", "));
  return option.value.empty() ? names : names + " " + option.value;
}

std::string SentenceOf(const OptionText& option) {
  std::string sentence = option.sentence;
  if (!option.choices.empty()) {
    sentence += fmt::format(" One of {}.", fmt::join(option.choices, ", "));
  }
  if (!option.range.empty()) sentence += fmt::format(" From {}.", option.range);
  if (option.repeats) sentence += " May be repeated.";
  return sentence;
}

std::string UsageOf(const CommandText& command) {
  std::string usage;
  for (const OptionText& option : command.options) {
    if (option.positional) continue;
    usage = " [OPTIONS]";
  }
  for (const OptionText& option : command.options) {
    if (!option.positional) continue;
    const std::string name = option.names.front() + (option.repeats ? "..." : "");
    usage += option.required ? " " + name : " [" + name + "]";
  }
  if (command.passes_on) usage += " COMMAND...";
  if (!command.commands.empty()) usage += " COMMAND";
  return usage;
}

}  // namespace procmark::manual

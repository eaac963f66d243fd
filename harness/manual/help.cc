// SPDX-License-Identifier: MIT
#include "harness/manual/help.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "harness/manual/option_text.h"

namespace procmark::manual {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kTextColumn = 26;

// `text` in lines that begin at column `indent`. The caller has written the first `written`
// columns.
std::string Wrap(const std::string& text, size_t indent, size_t written) {
  std::string out;
  size_t column = written;
  const auto new_line = [&] {
    out += "\n" + std::string(indent, ' ');
    column = indent;
  };
  if (written + 1 > indent) {
    new_line();
  } else {
    out += std::string(indent - written, ' ');
    column = indent;
  }
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > kWidth) new_line();
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

std::string Row(const std::string& term, const std::string& text) {
  return "  " + term + Wrap(text, kTextColumn, 2 + term.size());
}

std::string FirstSentence(const std::string& text) {
  const size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::string Rows(const std::string& title, const std::vector<OptionText>& options,
                 bool positional) {
  std::string out;
  for (const OptionText& option : options) {
    if (option.positional != positional) continue;
    out += Row(NamesOf(option), SentenceOf(option));
  }
  return out.empty() ? "" : fmt::format("\n{}:\n{}", title, out);
}

}  // namespace

std::string RenderHelp(const CommandText& command, const std::string& called,
                       const std::vector<Section>& sections) {
  std::string out = Wrap(command.sentence, 0, 0).substr(1);
  out += fmt::format("\nUsage: {}{}\n", called, UsageOf(command));
  out += Rows("Arguments", command.options, true);
  if (!command.commands.empty()) out += "\nCommands:\n";
  for (const CommandText& inner : command.commands) {
    out += Row(inner.name, FirstSentence(inner.sentence));
  }
  out += Rows("Options", command.options, false);
  for (const Section& section : sections) {
    out += fmt::format("\n{}:\n", section.title);
    for (const Entry& entry : section.entries) out += Row(entry.term, entry.text);
  }
  if (!command.examples.empty()) out += "\nExamples:\n";
  for (const std::string& line : command.examples) out += fmt::format("  {}\n", line);
  return out;
}

void UseHelp(CLI::App& app, const std::vector<Section>& sections) {
  app.formatter_fn(
      [sections](const CLI::App* command, const std::string& called, CLI::AppFormatMode) {
        const bool program = command->get_parent() == nullptr;
        return RenderHelp(Describe(*command), called, program ? sections : std::vector<Section>{});
      });
}

std::string DescribeError(const CLI::App& app, const std::string& what) {
  std::string called = app.get_name();
  const CLI::App* command = &app;
  for (auto inner = app.get_subcommands(); !inner.empty(); inner = command->get_subcommands()) {
    command = inner.front();
    called += " " + command->get_name();
  }
  std::string sentence = what;
  if (what == "A subcommand is required") {
    const std::vector<std::string> words = command->remaining();
    sentence = words.empty() ? "a command is required"
                             : fmt::format("there is no command '{}'", words.front());
  }
  return fmt::format("{}; {} --help lists the {}", sentence, called,
                     command->get_subcommands({}).empty() ? "options" : "commands");
}

}  // namespace procmark::manual

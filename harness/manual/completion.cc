// SPDX-License-Identifier: MIT
#include "harness/manual/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace procmark::manual {
namespace {

std::string FunctionName(std::string called) {
  std::ranges::replace(called, ' ', '_');
  return "_" + called;
}

// The words that may stand for `option`, for use in double quotes: a list, or a command's output.
std::string WordsOf(const OptionText& option, const ValueCommands& values) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, " "));
  const auto command = values.find(option.positional ? option.names.front() : option.value);
  return command == values.end() ? "" : fmt::format("$({})", command->second);
}

// A shell command that sets COMPREPLY to the values of an option.
std::string Reply(const OptionText& option, const ValueCommands& values) {
  if (option.value == "FILE") return "_procmark_paths -f";
  if (option.value == "FOLDER") return "_procmark_paths -d";
  return fmt::format("_procmark_words \"{}\"", WordsOf(option, values));
}

// How a command completes the current word: by the option before it, else by its own beginning.
std::string Branch(const CommandText& command, const ValueCommands& values) {
  std::string after;
  std::string options;
  std::string others;
  for (const OptionText& option : command.options) {
    if (option.positional) {
      others += WordsOf(option, values) + " ";
      continue;
    }
    options += fmt::format("{} ", fmt::join(option.names, " "));
    if (option.value.empty()) continue;
    after +=
        fmt::format("        {}:*) {} ;;\n", fmt::join(option.names, ":*|"), Reply(option, values));
  }
  for (const CommandText& inner : command.commands) others += inner.name + " ";
  return fmt::format(
      "      case $previous:$current in\n{}        *:-*) _procmark_words \"{}\" ;;\n"
      "        *) _procmark_words \"{}\" ;;\n      esac\n",
      after, options, others);
}

}  // namespace

std::string RenderCompletion(const CommandText& program, const std::string& called,
                             const ValueCommands& values) {
  std::string with_value = "--";  // the program's own options that take a value
  for (const OptionText& option : program.options) {
    if (!option.value.empty()) with_value += fmt::format("|{}", fmt::join(option.names, "|"));
  }
  std::string delegates;
  std::string branches;
  std::vector<std::string> names;
  for (const CommandText& command : program.commands) {
    if (command.passes_on) {
      delegates += fmt::format("      {}) {} $((i + 1)); return ;;\n", command.name,
                               FunctionName(called + " " + command.name));
      continue;
    }
    names.push_back(command.name);
    branches += fmt::format("    {})\n{}      ;;\n", command.name, Branch(command, values));
  }
  return fmt::format(R"({0}() {{
  local command='' i
  for ((i = $1; i < ${{#words[@]}} - 1; i++)); do
    case ${{words[i]}} in
      {1}) ((i++)) ;;
{2}      {3}) command=${{words[i]}}; break ;;
    esac
  done
  case $command in
    '')
{4}      ;;
{5}  esac
}}
)",
                     FunctionName(called), with_value, delegates, fmt::join(names, "|"),
                     Branch(program, values), branches);
}

std::string RenderCompletionEntry(const std::string& program) {
  return fmt::format(R"(_procmark_words() {{
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}}

_procmark_paths() {{
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
  compopt -o filenames 2>/dev/null
}}

# Splits the line itself: bash breaks words at ':' and '=', which names of benchmarks and cells hold.
_complete_{0}() {{
  local words current previous mark before='' prefix=''
  read -ra words <<<"${{COMP_LINE:0:COMP_POINT}}"
  [[ ${{COMP_LINE:0:COMP_POINT}} != *[[:space:]] ]] || words+=('')
  current=${{words[-1]}}
  previous=${{words[-2]:-}}
  COMPREPLY=()
  _{0} 1
  # Bash replaces only what follows the last break.
  for mark in : =; do
    [[ $COMP_WORDBREAKS == *$mark* && $current == *$mark* ]] || continue
    before=${{current%"$mark"*}}$mark
    ((${{#before}} <= ${{#prefix}})) || prefix=$before
  done
  COMPREPLY=("${{COMPREPLY[@]#"$prefix"}}")
}}
complete -F _complete_{0} {0}
)",
                     program);
}

}  // namespace procmark::manual

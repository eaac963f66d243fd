// SPDX-License-Identifier: MIT
#include "harness/manual/description.h"

#include <CLI/CLI.hpp>

#include "harness/sys/text.h"

namespace procmark::manual {
namespace {

// CLI11 appends what a check allows to the word for the value: "KIND:{stat,record}" or
// "N:INT in [1 - 10000]".
void TakeValue(const std::string& type, OptionText& option) {
  const size_t colon = type.find(':');
  option.value = type.substr(0, colon);
  if (colon == std::string::npos) return;
  const std::string check = type.substr(colon + 1);
  if (check.starts_with('{')) option.choices = sys::Split(check.substr(1, check.size() - 2), ',');
  const size_t bracket = check.find('[');
  const size_t dash = check.find(" - ");
  if (bracket == std::string::npos || dash == std::string::npos) return;
  option.range = check.substr(bracket + 1, dash - bracket - 1) + " to " +
                 check.substr(dash + 3, check.rfind(']') - dash - 3);
}

OptionText DescribeOption(const CLI::Option& from) {
  OptionText option;
  option.positional = from.get_positional();
  if (option.positional) {
    option.names = {from.get_name(true, false)};
  } else {
    for (const std::string& name : from.get_snames()) option.names.push_back("-" + name);
    for (const std::string& name : from.get_lnames()) option.names.push_back("--" + name);
  }
  option.required = from.get_required();
  option.sentence = from.get_description();
  const bool flag = from.get_items_expected_max() == 0;
  option.repeats = !flag && from.get_expected_max() == CLI::detail::expected_max_vector_size;
  if (!flag) TakeValue(from.get_type_name(), option);
  if (option.positional) option.value.clear();
  return option;
}

}  // namespace

CommandText Describe(const CLI::App& app) {
  CommandText command;
  command.name = app.get_name();
  command.sentence = app.get_description();
  command.passes_on = app.get_prefix_command();
  command.examples = sys::SplitNonEmpty(app.get_footer(), '\n');
  const auto options =
      app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : options) {
      if (option->get_positional() == positional) {
        command.options.push_back(DescribeOption(*option));
      }
    }
  }
  for (const CLI::App* inner :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    command.commands.push_back(Describe(*inner));
  }
  return command;
}

void SetExamples(CLI::App& command, const std::string& program,
                 const std::vector<Example>& examples) {
  std::string footer;
  for (const Example& example : examples) {
    footer += "# " + example.comment + "\n" + program + " " + example.words + "\n";
  }
  command.footer(footer);
}

}  // namespace procmark::manual

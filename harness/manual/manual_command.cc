// SPDX-License-Identifier: MIT
#include "harness/manual/manual_command.h"

#include <CLI/CLI.hpp>

#include "harness/manual/man_page.h"

namespace procmark::manual {

void AddManualCommand(CLI::App& app, const std::function<void(const std::string&)>& chosen) {
  CLI::App* command = app.add_subcommand("manual", "Write the manual page or the completion.");
  command->group("");  // hidden
  CLI::Option* what =
      command->add_option("WHAT")->required()->check(CLI::IsMember({"man", "completion"}));
  command->callback([what, chosen] { chosen(what->as<std::string>()); });
}

std::string RenderManual(const std::string& what, const CLI::App& app, const std::string& called,
                         const std::vector<Section>& sections, const ValueCommands& values) {
  const CommandText program = Describe(app);
  if (what == "man") return RenderManPage(program, called, sections);
  const bool entry = called.find(' ') == std::string::npos;
  return RenderCompletion(program, called, values) + (entry ? RenderCompletionEntry(called) : "");
}

}  // namespace procmark::manual

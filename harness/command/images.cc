// `images …`: handed to the images tool as it is.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "harness/cell/installation.h"
#include "harness/command/command.h"
#include "harness/sys/complaint.h"
#include "harness/sys/result.h"

namespace procmark::command {

void RegisterImages(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "images", "List, build, verify and prune what boots (./run.sh images --help)");
  command->prefix_command();
  command->set_help_flag();
  command->callback([command, &chosen] {
    chosen = [words = command->remaining()]() -> int {
      const std::string tool = cell::FindImagesTool().string();
      std::vector<char*> argv = {const_cast<char*>(tool.c_str())};
      for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      ::execv(tool.c_str(), argv.data());
      sys::ThrowLost(fmt::format("cannot start {}: {}", tool, sys::LastError("exec").Text()));
    };
  });
}

}  // namespace procmark::command

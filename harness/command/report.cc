// `report RUN`: the reports of a stored run, made again from its records.
#include <fmt/format.h>

#include <memory>

#include "harness/command/choose.h"
#include "harness/command/command.h"
#include "harness/command/outcome.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"

namespace procmark::command {

void RegisterReport(CLI::App& app, const Context& context, Action& chosen) {
  auto called = std::make_shared<std::string>();
  auto options = std::make_shared<OutcomeOptions>();
  CLI::App* command = app.add_subcommand("report", "Show a stored run and write its reports again");
  command->add_option("RUN", *called, "a run's id, name or folder, or a baseline's name")
      ->required();
  command->add_option("--junit", options->junit, "also write junit.xml here");
  command->callback([&context, &chosen, called, options] {
    chosen = [&context, called, options] {
      const std::filesystem::path folder = store::FindRun(context.results, *called);
      if (folder.empty()) {
        sys::ThrowUsage(fmt::format(
            "no run or baseline is called '{}'; ./run.sh list runs shows them", *called));
      }
      return ConcludeRun(context, store::ReadRun(folder), AskPrograms(), {}, *options);
    };
  });
}

}  // namespace procmark::command

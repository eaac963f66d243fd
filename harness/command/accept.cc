// `accept RUN`: makes a run the baseline that others are held against. Nothing else moves one.
#include <fmt/format.h>

#include <memory>

#include "harness/command/command.h"
#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"

namespace procmark::command {

void RegisterAccept(CLI::App& app, const Context& context, Action& chosen) {
  auto called = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>("main");
  CLI::App* command = app.add_subcommand("accept", "Make a run the baseline of a name");
  command->add_option("RUN", *called, "a run's id, name or folder")->required();
  command->add_option("--as", *name, "the baseline's name (default: main)");
  command->callback([&context, &chosen, called, name] {
    chosen = [&context, called, name] {
      const std::filesystem::path folder = store::FindRun(context.results, *called);
      if (folder.empty()) {
        sys::ThrowUsage(
            fmt::format("no run is called '{}'; ./run.sh list runs shows them", *called));
      }
      const store::Run run = store::ReadRun(folder);
      store::AcceptBaseline(context.results, run, *name);
      fmt::print("baseline {} is now run {} ({})\n", *name, run.id,
                 (context.results / "baselines" / *name).string());
      return 0;
    };
  });
}

}  // namespace procmark::command

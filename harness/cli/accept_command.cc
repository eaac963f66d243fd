// SPDX-License-Identifier: MIT
// `accept RUN`: makes a run the baseline that others are compared with. Nothing else changes it.
#include <fmt/core.h>

#include "harness/cli/commands.h"
#include "harness/cli/stored.h"
#include "harness/store/run_reader.h"
#include "harness/sys/printable.h"

namespace procmark::cli {

int Accept(const Context& context, const std::string& called, const std::string& name) {
  const store::Run run = ReadCalled(context, called);
  store::AcceptBaseline(context.results, run, name);
  fmt::print("baseline {} is now run {} ({})\n", name, sys::TerminalLine(run.id),
             (context.results / "baselines" / name).string());
  return 0;
}

}  // namespace procmark::cli

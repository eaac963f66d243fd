// SPDX-License-Identifier: MIT
// `report RUN`: derives the reports of a stored run from its records.
#include <fmt/core.h>

#include "harness/cli/choose.h"
#include "harness/cli/commands.h"
#include "harness/cli/outcome.h"
#include "harness/cli/stored.h"

namespace procmark::cli {

int ShowReport(const Context& context, const std::string& called, const OutcomeOptions& options) {
  return ConcludeRun(context, ReadCalled(context, called), AskPrograms(), {}, options);
}

}  // namespace procmark::cli

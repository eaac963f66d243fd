// `report RUN`: the reports of a stored run, made again from its records.
#include <fmt/core.h>

#include "harness/command/choose.h"
#include "harness/command/commands.h"
#include "harness/command/outcome.h"
#include "harness/command/stored.h"

namespace procmark::command {

int ShowReport(const Context& context, const std::string& called, const OutcomeOptions& options) {
  return ConcludeRun(context, ReadCalled(context, called), AskPrograms(), {}, options);
}

}  // namespace procmark::command

#include "harness/command/stored.h"

#include <fmt/core.h>

#include "harness/store/run_reader.h"
#include "harness/sys/complaint.h"

namespace procmark::command {

store::Run ReadCalled(const Context& context, const std::string& called) {
  const std::filesystem::path folder = store::FindRun(context.results, called);
  if (folder.empty()) {
    sys::ThrowUsage(
        fmt::format("no run or baseline is called '{}'; ./run.sh list runs shows them", called));
  }
  return store::ReadRun(folder);
}

}  // namespace procmark::command

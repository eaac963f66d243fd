// SPDX-License-Identifier: MIT
#include "harness/cli/environment.h"

#include "harness/cell/host.h"
#include "harness/cli/version.h"
#include "harness/store/run.h"

namespace procmark::cli {

std::map<std::string, std::string> DescribeEnvironment() {
  std::map<std::string, std::string> environment = cell::DescribeHost();
  environment[store::kVersionKey] = VersionText();
  return environment;
}

}  // namespace procmark::cli

// Reading a stored run by whatever a person calls it.
#pragma once

#include <string>

#include "harness/command/commands.h"
#include "harness/store/run.h"

namespace procmark::command {

// Throws a usage Complaint when no run or baseline is called so, a lost one when it is corrupt.
store::Run ReadCalled(const Context& context, const std::string& called);

}  // namespace procmark::command

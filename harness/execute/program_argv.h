// SPDX-License-Identifier: MIT
// How the programs are asked for one slice, or for tests: the same words natively and in a guest.
#pragma once

#include <string>
#include <vector>

#include "harness/execute/execute.h"

namespace procmark::execute {

std::vector<std::string> BenchArgv(const std::string& program, const Work& work,
                                   const cell::CellSpec& spec, const std::string& benchmark);

std::vector<std::string> ConformanceArgv(const std::string& program,
                                         const std::vector<std::string>& tests);

}  // namespace procmark::execute

// SPDX-License-Identifier: MIT
// The table of surroundings that surroundings_test.cc walks through, and how a program is started
// in them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "e2e/tool.h"
#include "harness/sys/child.h"

namespace procmark::e2e {

struct Surrounding {
  std::string name;                       // letters only
  std::vector<std::string> wrapper = {};  // a command that makes it and executes its arguments
  std::map<std::string, std::string> environment = {};
  // Called in the child before the wrapper is executed.
  std::function<void()> prepare = [] {};
  // Why it cannot be made here, or "".
  std::function<std::string()> why_not = [] { return std::string(); };
  std::vector<std::string> arguments = {};  // for the suite
  std::string says = {};                    // must be in the suite's output
  int least_passed = 300;                   // so that a suite that skips everything does not pass
};

std::vector<Surrounding> AllSurroundings();

// The static programs of this machine.
std::string ConformanceProgram();
std::string BenchProgram();

// Starts a command in a surrounding; stdout and stderr go to the file `out`.
sys::Child Start(const std::vector<std::string>& argv, const Surrounding& surrounding,
                 const std::string& out);

// Runs a line of sh(1) to its end.
Answer RunShell(const std::string& line);
// The same with a pipe with O_NONBLOCK as stdout, which is read only when it is full.
Answer RunToNonBlockingPipe(const std::string& line);

std::string TextOf(const std::string& path);

}  // namespace procmark::e2e

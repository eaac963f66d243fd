// SPDX-License-Identifier: MIT
// The registry of helpers, and the exec of one.
#include "conformance/vocabulary/exec_helper.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "conformance/vocabulary/process.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

constexpr const char* kHelperFlag = "--procmark_helper";
constexpr int kExitNoNumber = 122;

std::map<std::string, HelperMain>& Helpers() {
  static std::map<std::string, HelperMain> helpers;
  return helpers;
}

}  // namespace

HELPER(ExitWith) { return NumberAt(arguments, 0); }

HelperDeclaration::HelperDeclaration(const char* name, HelperMain main) {
  Helpers().emplace(name, main);
}

HelperCommand::HelperCommand(const std::string& helper, const std::vector<std::string>& arguments)
    : words_({"procmark-conformance", kHelperFlag, helper}) {
  words_.insert(words_.end(), arguments.begin(), arguments.end());
  argv_.reserve(words_.size() + 1);
  for (std::string& word : words_) argv_.push_back(word.data());
  argv_.push_back(nullptr);
}

int HelperCommand::Exec(const char* path) const { return ::execve(path, Argv(), Environment()); }

int ExecHelper(const std::string& helper, const std::vector<std::string>& arguments) {
  return HelperCommand(helper, arguments).Exec();
}

int StatusOfHelper(const std::string& helper, const std::vector<std::string>& arguments,
                   const std::function<void()>& prepare) {
  ScopedChild child = Fork([&] {
    prepare();
    (void)ExecHelper(helper, arguments);
    return 126;
  });
  return child.Reap();
}

int NumberAt(const std::vector<std::string>& arguments, size_t index) {
  if (index < arguments.size()) {
    if (const auto number = sys::ParseNumber<int>(arguments[index])) return *number;
  }
  std::fprintf(stderr, "procmark-conformance: argument %zu of the helper is not a whole number\n",
               index);
  std::exit(kExitNoNumber);
}

void RunHelperIfAsked(int argc, char** argv) {
  if (argc == 0) std::exit(kExitNoArgument);
  if (argc == 1 && *argv[0] == '\0') std::exit(kExitOneEmptyArgument);
  if (argc < 3 || std::strcmp(argv[1], kHelperFlag) != 0) return;
  const auto helper = Helpers().find(argv[2]);
  if (helper == Helpers().end()) {
    std::fprintf(stderr, "procmark-conformance: no helper has the name %s\n", argv[2]);
    std::exit(2);
  }
  std::exit(helper->second(std::vector<std::string>(argv + 3, argv + argc)));
}

}  // namespace procmark::conformance

// The registry of helpers and the exec into them.
#include "conformance/vocabulary/exec_helper.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

namespace procmark::conformance {
namespace {

constexpr const char* kHelperFlag = "--procmark_helper";

std::map<std::string, HelperMain>& Registry() {
  static std::map<std::string, HelperMain> helpers;
  return helpers;
}

}  // namespace

HelperDeclaration::HelperDeclaration(const char* name, HelperMain main) {
  Registry().emplace(name, main);
}

int ExecHelper(const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"procmark-conformance", kHelperFlag, name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* const environment[] = {nullptr};
  return ::execve("/proc/self/exe", argv.data(), environment);
}

void RunHelperIfAsked(int argc, char** argv) {
  if (argc == 0) std::exit(kExitNoArgument);
  if (argc == 1 && *argv[0] == '\0') std::exit(kExitOneEmptyArgument);
  if (argc < 3 || std::strcmp(argv[1], kHelperFlag) != 0) return;
  const auto helper = Registry().find(argv[2]);
  if (helper == Registry().end()) {
    std::fprintf(stderr, "procmark-conformance: no helper is called %s\n", argv[2]);
    std::exit(2);
  }
  std::exit(helper->second(std::vector<std::string>(argv + 3, argv + argc)));
}

}  // namespace procmark::conformance

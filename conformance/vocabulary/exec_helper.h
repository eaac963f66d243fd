// Helpers: what a test execs. A helper is a function of this same program, run in a fresh process
// image by execve("/proc/self/exe"), so no other file has to be in a guest.
#pragma once

#include <string>
#include <vector>

namespace procmark::conformance {

using HelperMain = int (*)(const std::vector<std::string>& arguments);

// Adds a helper while the program starts (used by HELPER alone).
class HelperDeclaration {
 public:
  HelperDeclaration(const char* name, HelperMain main);
};

// execve(2) of the helper, with an empty environment. Returns only on failure, with errno set.
// Descriptors that the helper needs must not be close-on-exec; pass their numbers as arguments.
// Not async-signal-safe (it allocates): call it in a forked child, not in a vforked one.
int ExecHelper(const std::string& name, const std::vector<std::string>& arguments);

// What the program ends with when it was started with no argument at all, or with one empty one
// (nobody but a test does so): the only way to see argc without an argument that names a helper.
inline constexpr int kExitNoArgument = 60;
inline constexpr int kExitOneEmptyArgument = 61;

// In main: runs the helper when argv asks for one and ends the process with its value.
void RunHelperIfAsked(int argc, char** argv);

}  // namespace procmark::conformance

// HELPER(Name) { ... arguments[0] ... return 0; }
#define HELPER(name)                                                                         \
  static int procmark_helper_##name(const std::vector<std::string>& arguments);              \
  static const ::procmark::conformance::HelperDeclaration procmark_helper_##name##_declared( \
      #name, procmark_helper_##name);                                                        \
  static int procmark_helper_##name([[maybe_unused]] const std::vector<std::string>& arguments)

// SPDX-License-Identifier: MIT
// Helpers: what a test execs. A helper is a function of this same program. It runs in a fresh
// process image, by execve("/proc/self/exe"), so that no other file has to be in a guest.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace procmark::conformance {

using HelperMain = int (*)(const std::vector<std::string>& arguments);

// Adds a helper while the program starts. Used by HELPER alone.
class HelperDeclaration {
 public:
  HelperDeclaration(const char* name, HelperMain main);
};

inline constexpr const char* kThisProgram = "/proc/self/exe";

// The command line of a helper, with an empty environment. Make it before the fork where the child
// must not allocate (vfork, CLONE_VM).
class HelperCommand {
 public:
  explicit HelperCommand(const std::string& helper, const std::vector<std::string>& arguments = {});
  HelperCommand(const HelperCommand&) = delete;
  HelperCommand& operator=(const HelperCommand&) = delete;

  char* const* Argv() const { return argv_.data(); }
  char* const* Environment() const { return environment_.data(); }
  // execve(2), by `path`, which leads to this program. Returns only on failure: -1, with errno set.
  // Async-signal-safe.
  int Exec(const char* path = kThisProgram) const;

 private:
  std::vector<std::string> words_;
  std::vector<char*> argv_;
  std::array<char*, 1> environment_ = {nullptr};
};

// HelperCommand(helper, arguments).Exec(). Descriptors that the helper needs must not be
// close-on-exec; pass their numbers as arguments. Allocates: call it in a forked child, not in a
// vforked one.
int ExecHelper(const std::string& helper, const std::vector<std::string>& arguments);

// Forks a child that runs `prepare` and then execs the helper. The child's raw status, which is
// exit status 126 when the exec failed.
int StatusOfHelper(const std::string& helper, const std::vector<std::string>& arguments,
                   const std::function<void()>& prepare);

// A helper that exits with the status in its argument: ExecHelper(kExitWith, {"64"}).
inline constexpr const char* kExitWith = "ExitWith";

// For helpers: the whole number that arguments[index] is. Ends the program with status 122 when it
// is not a number.
int NumberAt(const std::vector<std::string>& arguments, size_t index);

// The exit status of the program when it is started with no argument at all, or with one empty
// argument. Only a test does that: without an argument no helper can be named.
inline constexpr int kExitNoArgument = 60;
inline constexpr int kExitOneEmptyArgument = 61;

// Called by main: when argv names a helper, runs it and ends the process with its value.
void RunHelperIfAsked(int argc, char** argv);

}  // namespace procmark::conformance

// HELPER(Name) { ... arguments[0] ... return 0; }
#define HELPER(name)                                                                         \
  static int procmark_helper_##name(const std::vector<std::string>& arguments);              \
  static const ::procmark::conformance::HelperDeclaration procmark_helper_##name##_declared( \
      #name, procmark_helper_##name);                                                        \
  static int procmark_helper_##name([[maybe_unused]] const std::vector<std::string>& arguments)

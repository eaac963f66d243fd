// SPDX-License-Identifier: MIT
// Runs a HELPER outside all namespaces of the test: as the kernel's handler of core dumps.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace procmark::conformance {

// The helper's side of its connection with the test: it says lines, and waits for the test.
class HelperChannel {
 public:
  // Takes the arguments that the helper was started with.
  static HelperChannel Open(const std::vector<std::string>& arguments);
  void Say(const std::string& key, long value) const;
  // Waits until the test lets the helper go on, or has ended.
  void Await() const;

 private:
  HelperChannel(int to_test, int from_test) : to_test_(to_test), from_test_(from_test) {}
  int to_test_;
  int from_test_;
};

// Makes the kernel start the helper in the initial namespaces, as root and as a child of kthreadd.
// For that it sets core_pattern, forks a child that runs `prepare` and dies by SIGABRT, and puts
// core_pattern back. When the helper has said "ready", it calls `meanwhile` with the dying child's
// pid, and then lets the helper go on. Returns all lines that the helper said; ValueIn (files.h)
// reads them. Call it only where MayChangeTheMachine() is true. Throws std::system_error.
std::string RunAsCoreHandler(
    const std::string& helper, const std::function<void()>& prepare = [] {},
    const std::function<void(int)>& meanwhile = [](int) {});

}  // namespace procmark::conformance

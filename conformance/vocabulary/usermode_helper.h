// Running a HELPER outside of all namespaces of the test: as the kernel's handler of core dumps.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace procmark::conformance {

// The end of a helper that talks with the test: `Say` a line, `Await` the test's go-ahead.
class HelperChannel {
 public:
  // Of the arguments that the helper was started with. Used in the helper.
  static HelperChannel Open(const std::vector<std::string>& arguments);
  void Say(const std::string& key, long value) const;
  void Await() const;  // until the test lets go; at once when it is gone

 private:
  HelperChannel(int to_test, int from_test) : to_test_(to_test), from_test_(from_test) {}
  int to_test_;
  int from_test_;
};

// Makes the kernel start the helper in the initial namespaces, as root, child of kthreadd: sets
// core_pattern, lets a child of the caller die (by SIGABRT; `prepare` runs in it before), and puts
// core_pattern back. Calls `meanwhile` with the dying child's pid once the helper has said "ready",
// then lets the helper go on. Returns all lines the helper said. Only where
// MayChangeTheMachine() holds. Throws std::system_error.
std::string RunAsCoreHandler(
    const std::string& helper, const std::function<void()>& prepare = [] {},
    const std::function<void(int)>& meanwhile = [](int) {});

// The value of a line "key value" in such a text; `absent` when there is none.
long ValueIn(const std::string& text, const std::string& key, long absent);

}  // namespace procmark::conformance

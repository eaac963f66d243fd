// SPDX-License-Identifier: MIT
// The list of tests that procmark-conformance prints with --procmark_list, and what may be wrong
// with it.
#pragma once

#include <string>
#include <vector>

namespace procmark::conformance {

struct ListedTest {
  std::string name;  // "Reparent.OrphanGoesToNearestSubreaper"
  std::string item;  // catalogue rows: "230", "230 231", "92-103"; empty or "canary" for none
};

// Reads the JSON of --procmark_list. Throws sys::Complaint (usage) when it is not an array of
// objects whose fields name, says, authority, class and area are strings with text, whose fields
// item, since and until are strings, and whose field tags is an array.
std::vector<ListedTest> ReadTestList(const std::string& json);

// The names of the tests that a source file declares with PROMISE.
std::vector<std::string> DeclaredTests(const std::string& source);

struct TestSource {
  std::string path;
  std::string text;
};

// One sentence for each fault: a name that is listed twice, a source file that declares no test,
// and a declared test that is not in the list, because CMake does not build its file.
std::vector<std::string> ListFaults(const std::vector<ListedTest>& tests,
                                    const std::vector<TestSource>& sources);

}  // namespace procmark::conformance

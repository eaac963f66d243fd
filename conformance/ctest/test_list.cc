// SPDX-License-Identifier: MIT
#include "conformance/ctest/test_list.h"

#include <re2/re2.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/sys/complaint.h"

namespace procmark::conformance {
namespace {

// The string at `key` of a test's entry. `what` names the entry in the message.
std::string FieldOf(const nlohmann::json& entry, const char* key, bool may_be_empty,
                    const std::string& what) {
  const auto field = entry.find(key);
  if (field == entry.end() || !field->is_string() ||
      (!may_be_empty && field->get<std::string>().empty())) {
    sys::ThrowUsage(what + ": '" + key + "' must be a string" +
                    (may_be_empty ? "" : " that is not empty"));
  }
  return *field;
}

}  // namespace

std::vector<ListedTest> ReadTestList(const std::string& json) {
  const nlohmann::json list = nlohmann::json::parse(json, nullptr, false);
  if (!list.is_array() || list.empty()) sys::ThrowUsage("--procmark_list printed no JSON array");
  std::vector<ListedTest> tests;
  for (const nlohmann::json& entry : list) {
    ListedTest test;
    test.name = FieldOf(entry, "name", false, "entry " + std::to_string(tests.size()));
    for (const char* key : {"says", "authority", "class", "area"}) {
      (void)FieldOf(entry, key, false, test.name);
    }
    for (const char* key : {"since", "until"}) (void)FieldOf(entry, key, true, test.name);
    test.item = FieldOf(entry, "item", true, test.name);
    if (!entry.contains("tags") || !entry["tags"].is_array()) {
      sys::ThrowUsage(test.name + ": 'tags' must be an array");
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

std::vector<std::string> DeclaredTests(const std::string& source) {
  static const RE2 declaration(R"((?m)^PROMISE\(\s*(\w+),\s*(\w+),)");
  std::vector<std::string> names;
  re2::StringPiece rest(source);
  std::string suite;
  std::string test;
  while (RE2::FindAndConsume(&rest, declaration, &suite, &test))
    names.push_back(suite + "." + test);
  return names;
}

std::vector<std::string> ListFaults(const std::vector<ListedTest>& tests,
                                    const std::vector<TestSource>& sources) {
  std::vector<std::string> faults;
  std::set<std::string> listed;
  for (const ListedTest& test : tests) {
    if (!listed.insert(test.name).second) faults.push_back(test.name + " is listed twice");
  }
  for (const TestSource& source : sources) {
    const std::vector<std::string> declared = DeclaredTests(source.text);
    if (declared.empty()) faults.push_back(source.path + " declares no test");
    for (const std::string& name : declared) {
      if (listed.contains(name)) continue;
      faults.push_back(name + " of " + source.path +
                       " is not in the program: add the file to conformance/CMakeLists.txt");
    }
  }
  return faults;
}

}  // namespace procmark::conformance

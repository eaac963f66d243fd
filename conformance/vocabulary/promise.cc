// SPDX-License-Identifier: MIT
// The registry behind PROMISE.
#include "conformance/vocabulary/promise.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace procmark::conformance {
namespace {

std::vector<DeclaredPromise>& Promises() {
  static std::vector<DeclaredPromise> promises;
  return promises;
}

// The last three parts of a path: "tests/fork/fork_test.cc".
std::string LastThreeParts(const std::string& path) {
  size_t start = path.size();
  for (int slashes = 0; start > 0; --start) {
    if (path[start - 1] == '/' && ++slashes == 3) break;
  }
  return path.substr(start);
}

std::vector<std::string> Words(const char* text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  std::string word;
  while (stream >> word) words.push_back(word);
  return words;
}

void CheckOne(const DeclaredPromise& declared, std::vector<std::string>* faults) {
  static const std::set<std::string> kTags = {"core",        "slow",   "race",
                                              "destructive", "broken", "init"};
  const Promise& promise = declared.promise;
  const std::string says = promise.says;
  if (says.empty() || says.back() != '.') {
    faults->push_back(declared.name + ": .says must be one sentence that ends with '.'");
  }
  if (*promise.authority == '\0')
    faults->push_back(declared.name +
                      ": .authority must name a manual page, a POSIX text or a kernel function");
  for (const std::string& tag : Words(promise.tags)) {
    if (!kTags.contains(tag))
      faults->push_back(declared.name + ": the tag '" + tag + "' is not known");
  }
}

}  // namespace

std::string DeclaredPromise::Area() const {
  const size_t end = file.rfind('/');
  if (end == std::string::npos) return {};
  const size_t start = file.rfind('/', end - 1);
  return file.substr(start + 1, end - start - 1);
}

Declaration::Declaration(const char* suite, const char* test, const char* path,
                         const Promise& promise) {
  Promises().push_back({std::string(suite) + "." + test, LastThreeParts(path), promise});
}

const std::vector<DeclaredPromise>& AllPromises() { return Promises(); }

const DeclaredPromise* FindPromise(const std::string& name) {
  for (const DeclaredPromise& declared : Promises()) {
    if (declared.name == name) return &declared;
  }
  return nullptr;
}

bool HasTag(const Promise& promise, const std::string& tag) {
  const std::vector<std::string> tags = Words(promise.tags);
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kContract:
      return "contract";
    case Kind::kLinux:
      return "linux";
    case Kind::kVersion:
      return "version";
    case Kind::kInfo:
      return "info";
  }
  return "";
}

std::string PromisesAsJson() {
  nlohmann::json list = nlohmann::json::array();
  for (const DeclaredPromise& declared : Promises()) {
    const Promise& promise = declared.promise;
    list.push_back({{"name", declared.name},
                    {"says", promise.says},
                    {"item", promise.item},
                    {"authority", promise.authority},
                    {"since", promise.since},
                    {"until", promise.until},
                    {"class", KindName(promise.kind)},
                    {"area", declared.Area()},
                    {"tags", Words(promise.tags)}});
  }
  return list.dump(1);
}

std::vector<std::string> FaultsOfDeclarations() {
  std::vector<std::string> faults;
  std::set<std::string> names;
  for (const DeclaredPromise& declared : Promises()) {
    CheckOne(declared, &faults);
    names.insert(declared.name);
  }
  const testing::UnitTest& program = *testing::UnitTest::GetInstance();
  for (int i = 0; i < program.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *program.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const std::string name = std::string(suite.name()) + "." + suite.GetTestInfo(j)->name();
      if (!names.contains(name)) faults.push_back(name + " is declared with TEST: use PROMISE");
    }
  }
  return faults;
}

}  // namespace procmark::conformance

// SPDX-License-Identifier: MIT
// Measures the benchmarks of the documentation's examples. PROCMARK_EXAMPLES names the program that
// was built from them (cmake/examples.cmake).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/driver/embedded.h"
#include "bench/driver/launch.h"
#include "harness/sys/text.h"

namespace procmark::bench {

// The examples execute no other program, so this test carries none.
const Embedded& EmbeddedProgram(std::string_view) {
  static const Embedded none;
  return none;
}

namespace {

constexpr long long kDeadlineMs = 30'000;

std::string ExamplesProgram() {
  const char* path = std::getenv("PROCMARK_EXAMPLES");
  if (path == nullptr) throw std::runtime_error("PROCMARK_EXAMPLES does not name the program");
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> NamesIn(const Embedded& program) {
  SharedPages pages;
  pages->config.order = subject::Order::kList;
  EXPECT_EQ(RunEmbedded(program, pages, kDeadlineMs), "");
  std::istringstream lines(std::string(pages->list, pages->report.list_bytes));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(sys::Split(line, '\t')[0]);
  return names;
}

// A "times:8" in the name is the benchmark's own number.
uint64_t AmountIn(const std::string& name) {
  const size_t colon = name.rfind(':');
  return sys::ParseNumber<uint64_t>(name.substr(colon + 1)).value_or(0);
}

TEST(Examples, AreListedAndMeasured) {
  const std::string image = ExamplesProgram();
  const Embedded program{"procmark-subject-examples", image};
  const std::vector<std::string> names = NamesIn(program);
  const std::set<std::string> unique(names.begin(), names.end());
  EXPECT_EQ(unique.size(), names.size());
  for (const char* documented :
       {"signal/none", "example/times:64", "example/clone_io/to:reaped", "example/yield",
        "example/getpid", "example/pipe", "example/clone_files/from:child_exit/to:reaped"}) {
    EXPECT_TRUE(unique.contains(documented)) << documented;
  }
  for (const std::string& name : names) {
    SharedPages pages;
    pages->config.order = subject::Order::kMeasure;
    pages->config.samples = 3;
    pages->config.warmups = 1;
    pages->config.amount = AmountIn(name);
    name.copy(pages->config.benchmark, subject::kNameBytes - 1);
    EXPECT_EQ(RunEmbedded(program, pages, kDeadlineMs), "") << name;
    EXPECT_EQ(pages->report.outcome, subject::Outcome::kDone)
        << name << ": " << pages->report.reason;
    EXPECT_EQ(pages->report.recorded, 3U) << name;
  }
}

}  // namespace
}  // namespace procmark::bench

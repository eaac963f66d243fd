// SPDX-License-Identifier: MIT
// What the programs offer: asked of the programs themselves, so that no list is kept twice.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace procmark::cell {

struct BenchmarkInfo {
  std::string name;
  std::string sentence;  // what it measures
  std::string family;
  std::string from;  // edges
  std::string to;
  std::string form;  // "raw" or "libc"
  std::vector<std::string> tags;
  std::string limit_of;  // the benchmark whose lower bound this is, or ""
  std::string peer_of;   // the benchmark that another tool's number stands beside, or ""
};

struct TestInfo {
  std::string name;
  std::string says;       // the promise
  std::string item;       // rows of conformance/catalogue.toml
  std::string authority;  // man page section, kernel file and function
  std::string since;      // kernel version it holds from
  std::string until;      // and until; "" for ever
  std::string kind;       // contract linux version info
  std::string area;
  std::vector<std::string> tags;
};

// Run the program with --procmark_list. Throw a lost Complaint when it does not answer.
std::vector<BenchmarkInfo> ListBenchmarks(const std::filesystem::path& program);
// The benchmark of that name, which may compose parameters that no list has. Throws a usage
// Complaint with the program's own sentence when there is none.
BenchmarkInfo DescribeBenchmark(const std::filesystem::path& program, const std::string& name);

std::vector<TestInfo> ListTests(const std::filesystem::path& program);

}  // namespace procmark::cell

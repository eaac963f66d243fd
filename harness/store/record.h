// SPDX-License-Identifier: MIT
// The lines of a run's records.jsonl: encoding and decoding of each, and nothing about files.
//
//   run    first line: id, name, time, plan, host environment
//   kernel_config    of a cell's kernel, once for all cells that have it
//   cell   a cell with its inputs and environment, before anything measured in it
//   slice skip refused test loss    what was measured, each with its cell
//   end    last line of a complete run: the number of lines before it and their SHA-256
//
// results/schema/records.md describes them for readers of published runs.
#pragma once

#include <string>
#include <string_view>

#include "harness/store/run.h"

namespace procmark::store {

inline constexpr int kRecordsVersion = 1;

std::string EncodeRun(const Run& run);
std::string EncodeKernelConfig(const std::string& sha256, const KernelConfig& config);
std::string EncodeCell(const Cell& cell);
std::string EncodeSlice(const Slice& slice);
std::string EncodeSkip(const Skip& skip);
std::string EncodeRefused(const Refused& refused);
std::string EncodeTest(const Test& test);
std::string EncodeLoss(const Loss& loss);
std::string EncodeEnd(int64_t lines, const std::string& sha256);

// What an `end` line claims.
struct End {
  int64_t lines = 0;
  std::string sha256;
};

// Adds what one line says to `run`; fills `end` and returns true when it is the end line. Throws
// std::runtime_error with a sentence when the line is not a record.
bool DecodeInto(std::string_view line, Run& run, End& end);

}  // namespace procmark::store

// SPDX-License-Identifier: MIT
// Difference: what makes one explanation dearer than another, part by part. The parts add up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/explain/explanation.h"
#include "harness/explain/function_match.h"

namespace procmark::explain {

struct DifferenceRow {
  std::string name;  // "mas_dup_build"; "a -> b" of a renamed one; "a + b" of several
  std::string note;  // how the two sides were matched, when not by name; what a loop does
  Cost a;
  Cost b;
  int64_t calls_a = 0;
  int64_t calls_b = 0;

  Cost Change() const { return b - a; }
};

struct Difference {
  Cost a;
  Cost b;
  int64_t idle_a = 0;
  int64_t idle_b = 0;
  // Each of these adds up to the whole. Functions are sorted: the largest change of elapsed
  // instructions first. Parts that are equal on both sides are left out.
  std::vector<DifferenceRow> functions;
  std::vector<DifferenceRow> phases;
  std::vector<DifferenceRow> stages;  // empty when the two sides have other stages
};

// `b` less `a`.
Difference Compare(const Explanation& a, const Explanation& b);

// One line for each path, with its elapsed instructions on both sides: "path COUNT_A COUNT_B", for
// differential flame graphs (difffolded.pl). Functions go by their base names.
std::string CollapsedDifference(const Explanation& a, const Explanation& b);

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
// Matches the functions of two explanations, so that the same work under another name, or in
// another function, is compared with itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/explain/explanation.h"
#include "harness/explain/function_table.h"

namespace procmark::explain {

// A function with all that is needed to recognise it.
struct FunctionContext {
  FunctionCost cost;
  std::vector<std::string> callers;  // and what calls them: base names, sorted, each once
  std::string main_caller;           // from which most of its calls come; "" when there is none
  double main_share = 0;             // the share of those
};

// As FunctionsOf().
std::vector<FunctionContext> FunctionContextsOf(const CallTree& tree);

// How much two names have in common: the share of their words that are in both, 0 to 1. Words that
// kernels exchanged for one another count as the same (page and folio), and what only marks a
// variant counts for nothing ("__", "_noprof", "_locked").
double NameSimilarity(std::string_view a, std::string_view b);

enum class MatchKind {
  kSame,     // of one name
  kRenamed,  // of similar names, called by the same functions
  kAlike,    // of other names, called as often by the same functions, and of about the same cost
  kMoved,    // a function of one side that is part of its caller on the other
  kOnlyA,
  kOnlyB,
};

// Functions that are compared as one. Every function of either side is in exactly one match.
struct FunctionMatch {
  MatchKind kind = MatchKind::kSame;
  std::vector<const FunctionContext*> a;
  std::vector<const FunctionContext*> b;
};

// The matches point into `a` and `b`.
std::vector<FunctionMatch> MatchFunctions(const std::vector<FunctionContext>& a,
                                          const std::vector<FunctionContext>& b);

}  // namespace procmark::explain

// SPDX-License-Identifier: MIT
#include "harness/explain/function_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "harness/sys/text.h"

namespace procmark::explain {
namespace {

// Names this similar are one function's, when something that calls it is the same.
constexpr double kSimilar = 0.5;
// Names that have nothing in common are one function's when it is called as often by the same
// function, costs so much at least, and its cost differs by this share at most.
constexpr int64_t kAlikeLeast = 100;
constexpr double kAlikeSlack = 0.06;
// A function is part of its main caller on the other side when this share of its calls comes from
// there, and the caller's cost changes by what the function costs, give or take this share of it.
constexpr double kMainShare = 0.8;
constexpr double kMovedSlack = 0.35;

std::set<std::string> WordsOf(std::string_view name) {
  constexpr std::array<std::string_view, 4> kIgnored = {"noprof", "locked", "nolock", "new"};
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kExchanged = {
      {{"folio", "page"},
       {"folios", "page"},
       {"pages", "page"},
       {"ptes", "pte"},
       {"vmas", "vma"},
       {"frozen", "page"}}};
  std::set<std::string> words;
  for (const std::string& word : sys::SplitNonEmpty(name, '_')) {
    if (std::ranges::find(kIgnored, word) != kIgnored.end()) continue;
    const auto exchanged =
        std::ranges::find(kExchanged, word, [](const auto& pair) { return pair.first; });
    words.insert(exchanged == kExchanged.end() ? word : std::string(exchanged->second));
  }
  return words;
}

struct Caller {
  std::set<std::string> names;
  std::map<std::string, int64_t> calls;
};

std::map<std::string, Caller> CallersOf(const CallTree& tree) {
  std::map<std::string, Caller> callers;
  for (const TreeNode& node : tree.nodes) {
    const TreeNode& parent = tree.nodes[node.parent];
    if (&node == &tree.nodes.front()) continue;
    Caller& caller = callers[BaseName(node.name)];
    caller.names.insert(BaseName(parent.name));
    if (node.parent != 0) caller.names.insert(BaseName(tree.nodes[parent.parent].name));
    caller.calls[BaseName(parent.name)] += node.calls;
  }
  return callers;
}

bool ShareACaller(const FunctionContext& a, const FunctionContext& b) {
  return std::ranges::any_of(a.callers, [&](const std::string& caller) {
    return std::ranges::binary_search(b.callers, caller);
  });
}

// How much alike two functions' costs are, 0 to 1; 0 when they are called differently often.
double CostLikeness(const FunctionContext& a, const FunctionContext& b) {
  const auto [less, more] = std::minmax(a.cost.self.elapsed, b.cost.self.elapsed);
  if (a.cost.calls == 0 || a.cost.calls != b.cost.calls || less < kAlikeLeast) return 0;
  return static_cast<double>(less) / static_cast<double>(more);
}

using Pool = std::vector<const FunctionContext*>;
using Likeness = std::function<double(const FunctionContext&, const FunctionContext&)>;

class Matching {
 public:
  Matching(const std::vector<FunctionContext>& a, const std::vector<FunctionContext>& b) {
    std::map<std::string, const FunctionContext*> by_name;
    for (const FunctionContext& one : b) by_name[one.cost.function] = &one;
    for (const FunctionContext& one : a) {
      const auto same = by_name.find(one.cost.function);
      if (same == by_name.end()) {
        only_a_.push_back(&one);
        continue;
      }
      same_[one.cost.function] = matches_.size();
      matches_.push_back({MatchKind::kSame, {&one}, {same->second}});
      by_name.erase(same);
    }
    for (const FunctionContext& one : b) {
      if (by_name.contains(one.cost.function)) only_b_.push_back(&one);
    }
  }

  std::vector<FunctionMatch> Finish() {
    Pair(MatchKind::kRenamed, kSimilar, [](const FunctionContext& a, const FunctionContext& b) {
      return NameSimilarity(a.cost.function, b.cost.function);
    });
    Pair(MatchKind::kAlike, 1 - kAlikeSlack, CostLikeness);
    Move(only_a_, /*of_a=*/true);
    Move(only_b_, /*of_a=*/false);
    for (const FunctionContext* one : only_a_) matches_.push_back({MatchKind::kOnlyA, {one}, {}});
    for (const FunctionContext* one : only_b_) matches_.push_back({MatchKind::kOnlyB, {}, {one}});
    return std::move(matches_);
  }

 private:
  // Matches functions that share a caller and are at least so much alike, the most alike first.
  void Pair(MatchKind kind, double least, const Likeness& likeness);
  void Move(Pool& pool, bool of_a);
  bool FitsInto(const FunctionContext& moved, const FunctionMatch& caller, bool of_a) const;

  std::vector<FunctionMatch> matches_;
  std::map<std::string, size_t> same_;  // matches of one name
  Pool only_a_;
  Pool only_b_;
};

void Matching::Pair(MatchKind kind, double least, const Likeness& likeness) {
  struct Candidate {
    double likeness = 0;
    const FunctionContext* a = nullptr;
    const FunctionContext* b = nullptr;
  };
  std::vector<Candidate> candidates;
  for (const FunctionContext* a : only_a_) {
    for (const FunctionContext* b : only_b_) {
      const double of_both = ShareACaller(*a, *b) ? likeness(*a, *b) : 0;
      if (of_both >= least) candidates.push_back({of_both, a, b});
    }
  }
  std::ranges::stable_sort(candidates, std::ranges::greater(), &Candidate::likeness);
  for (const Candidate& candidate : candidates) {
    const auto a = std::ranges::find(only_a_, candidate.a);
    const auto b = std::ranges::find(only_b_, candidate.b);
    if (a == only_a_.end() || b == only_b_.end()) continue;
    matches_.push_back({kind, {candidate.a}, {candidate.b}});
    only_a_.erase(a);
    only_b_.erase(b);
  }
}

// Whether the caller becomes dearer by about what the function cost, where it is gone; or cheaper
// where it is new.
bool Matching::FitsInto(const FunctionContext& moved, const FunctionMatch& caller,
                        bool of_a) const {
  const int64_t change = caller.b.front()->cost.self.elapsed - caller.a.front()->cost.self.elapsed;
  const int64_t taken_over = of_a ? change : -change;
  const int64_t cost = moved.cost.self.elapsed;
  return taken_over > 0 && std::abs(static_cast<double>(taken_over - cost)) <=
                               kMovedSlack * static_cast<double>(std::max(taken_over, cost));
}

void Matching::Move(Pool& pool, bool of_a) {
  std::erase_if(pool, [&](const FunctionContext* one) {
    const auto same = same_.find(one->main_caller);
    if (same == same_.end() || one->main_share < kMainShare) return false;
    FunctionMatch& caller = matches_[same->second];
    if (caller.kind != MatchKind::kSame || !FitsInto(*one, caller, of_a)) return false;
    caller.kind = MatchKind::kMoved;
    (of_a ? caller.a : caller.b).push_back(one);
    return true;
  });
}

}  // namespace

std::vector<FunctionContext> FunctionContextsOf(const CallTree& tree) {
  const std::map<std::string, Caller> callers = CallersOf(tree);
  std::vector<FunctionContext> contexts;
  for (FunctionCost& cost : FunctionsOf(tree)) {
    FunctionContext& context = contexts.emplace_back();
    context.cost = std::move(cost);
    const auto found = callers.find(context.cost.function);
    if (found == callers.end()) continue;
    const Caller& caller = found->second;
    context.callers.assign(caller.names.begin(), caller.names.end());
    int64_t all = 0;
    int64_t most = 0;
    for (const auto& [name, calls] : caller.calls) {
      all += calls;
      if (calls <= most) continue;
      most = calls;
      context.main_caller = name;
    }
    if (all > 0) context.main_share = static_cast<double>(most) / static_cast<double>(all);
  }
  return contexts;
}

double NameSimilarity(std::string_view a, std::string_view b) {
  const std::set<std::string> of_a = WordsOf(a);
  const std::set<std::string> of_b = WordsOf(b);
  const auto common =
      std::ranges::count_if(of_a, [&of_b](const std::string& word) { return of_b.contains(word); });
  const size_t all = of_a.size() + of_b.size() - static_cast<size_t>(common);
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

std::vector<FunctionMatch> MatchFunctions(const std::vector<FunctionContext>& a,
                                          const std::vector<FunctionContext>& b) {
  return Matching(a, b).Finish();
}

}  // namespace procmark::explain

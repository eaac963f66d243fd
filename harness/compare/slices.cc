// Gathers and pairs slices.
#include "harness/compare/slices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/stats/quantile.h"
#include "harness/sys/complaint.h"

namespace procmark::compare {

const store::Cell& FindCell(const store::Run& run, const std::string& cell) {
  std::vector<std::string> names;
  for (const store::Cell& candidate : run.cells) {
    if (candidate.name == cell) return candidate;
    names.push_back(candidate.name);
  }
  sys::ThrowUsage(fmt::format("run {} has no cell '{}': it has {}", run.id, cell,
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

SideSlices SlicesOf(const Side& side) {
  SideSlices slices;
  for (const store::Slice& slice : side.run->slices) {
    if (slice.cell != side.cell) continue;
    if (slice.round < side.first_round || slice.round > side.last_round) continue;
    SliceList& list = slices.of[slice.slice.benchmark];
    if (list.empty()) slices.order.push_back(slice.slice.benchmark);
    list.push_back(&slice);
  }
  for (auto& [name, list] : slices.of) {
    std::stable_sort(list.begin(), list.end(), [](const store::Slice* x, const store::Slice* y) {
      return std::pair(x->round, x->sequence) < std::pair(y->round, y->sequence);
    });
  }
  std::sort(slices.order.begin(), slices.order.end());
  return slices;
}

double SliceQ25(const store::Slice& slice) {
  return stats::Quantile(slice.slice.samples, 0.25) / static_cast<double>(slice.slice.operations);
}

double ExactCost(const SliceList& slices) {
  std::vector<int64_t> all;
  for (const store::Slice* slice : slices) {
    all.insert(all.end(), slice->slice.samples.begin(), slice->slice.samples.end());
  }
  return static_cast<double>(stats::LowerQuantile(all, 0.25)) /
         static_cast<double>(slices.front()->slice.operations);
}

bool SameRun(const Side& a, const Side& b) {
  return a.run == b.run || (!a.run->id.empty() && a.run->id == b.run->id);
}

Pairing PairByRound(const SliceList& a, const SliceList& b) {
  Pairing pairing;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i]->round == b[j]->round) {
      pairing.pairs.push_back({a[i++], b[j++]});
    } else {
      ++(a[i]->round < b[j]->round ? i : j);
    }
  }
  pairing.unpaired = a.size() + b.size() - 2 * pairing.pairs.size();
  int64_t end_of_last = -1;
  int64_t last_round = -1;
  for (const Pair& pair : pairing.pairs) {
    const auto [first, last] = std::minmax(pair.a->sequence, pair.b->sequence);
    if (pair.a->round != last_round && first < end_of_last) pairing.interleaved = false;
    end_of_last = std::max(end_of_last, last);
    last_round = pair.a->round;
  }
  return pairing;
}

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
#include "harness/compare/slices.h"

#include <algorithm>
#include <utility>

#include "harness/stats/quantile.h"

namespace procmark::compare {

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

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
#include "harness/compare/pairing.h"

#include <algorithm>

namespace procmark::compare {
namespace {

// Each round must begin after the previous one has ended.
bool RoundsDoNotOverlap(const std::vector<Pair>& pairs) {
  int64_t end_of_last = -1;
  int64_t last_round = -1;
  for (const Pair& pair : pairs) {
    const auto [first, last] = std::minmax(pair.a->sequence, pair.b->sequence);
    if (pair.a->round != last_round && first < end_of_last) return false;
    end_of_last = std::max(end_of_last, last);
    last_round = pair.a->round;
  }
  return true;
}

}  // namespace

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
  pairing.interleaved = RoundsDoNotOverlap(pairing.pairs);
  return pairing;
}

}  // namespace procmark::compare

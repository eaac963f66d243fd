// SPDX-License-Identifier: MIT
// The cluster bootstrap of a low quantile.
#include "harness/stats/low_quantile.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

#include "harness/stats/quantile.h"

namespace procmark::stats {
namespace {

constexpr size_t kDraws = 1000;
constexpr uint64_t kSeed = 20160816;  // arbitrary, but fixed

// All samples of one side, sorted, each with the index of its cluster. A bootstrap draw is a number
// of copies of each cluster. Its quantile is found by counting copies from the fastest sample on.
class Side {
 public:
  Side(std::span<const Cluster> clusters, double p) : clusters_(clusters), p_(p) {
    for (size_t cluster = 0; cluster < clusters.size(); ++cluster) {
      for (const int64_t sample : clusters[cluster]) {
        if (sample <= 0) throw std::invalid_argument("a low quantile needs positive samples");
        sorted_.emplace_back(sample, cluster);
      }
    }
    if (sorted_.empty()) throw std::invalid_argument("a low quantile needs samples on both sides");
    std::sort(sorted_.begin(), sorted_.end());
  }

  bool CanBeDrawn() const { return clusters_.size() >= 2; }

  double Whole() const { return Counted(std::vector<size_t>(clusters_.size(), 1)); }

  double Drawn(std::mt19937_64& random) const {
    std::vector<size_t> copies(clusters_.size(), 0);
    // Uses a remainder, because the numbers of std::uniform_int_distribution depend on the library.
    // The bias of the remainder is below 2^-50 for so few clusters.
    for (size_t i = 0; i < clusters_.size(); ++i) ++copies[random() % clusters_.size()];
    return Counted(copies);
  }

 private:
  double Counted(const std::vector<size_t>& copies) const {
    size_t all = 0;
    for (size_t cluster = 0; cluster < clusters_.size(); ++cluster)
      all += copies[cluster] * clusters_[cluster].size();
    // Only empty clusters were drawn: use the smallest sample of all.
    if (all == 0) return static_cast<double>(sorted_.front().first);
    const size_t rank = static_cast<size_t>(static_cast<double>(all - 1) * p_);
    size_t seen = 0;
    for (const auto& [sample, cluster] : sorted_) {
      seen += copies[cluster];
      if (seen > rank) return static_cast<double>(sample);
    }
    return static_cast<double>(sorted_.back().first);
  }

  std::span<const Cluster> clusters_;
  double p_;
  std::vector<std::pair<int64_t, size_t>> sorted_;
};

}  // namespace

LowQuantileRatio CompareLowQuantiles(std::span<const Cluster> a, std::span<const Cluster> b,
                                     double p, double confidence) {
  if (!(p > 0 && p < 1)) throw std::invalid_argument("a low quantile needs p inside (0, 1)");
  if (!(confidence > 0 && confidence < 1))
    throw std::invalid_argument("a low quantile needs a confidence inside (0, 1)");
  const Side side_a(a, p);
  const Side side_b(b, p);
  LowQuantileRatio result;
  result.ratio = side_b.Whole() / side_a.Whole();
  if (!side_a.CanBeDrawn() || !side_b.CanBeDrawn()) return result;
  std::mt19937_64 random(kSeed);
  std::vector<double> drawn(kDraws);
  for (double& ratio : drawn) {
    const double drawn_b = side_b.Drawn(random);
    ratio = drawn_b / side_a.Drawn(random);
  }
  const double tail = (1 - confidence) / 2;
  result.interval = Interval{Quantile(drawn, tail), Quantile(drawn, 1 - tail), confidence};
  return result;
}

}  // namespace procmark::stats

// SPDX-License-Identifier: MIT
#include "harness/compare/libc_overhead.h"

#include <cmath>

#include "harness/compare/benchmark_ratio.h"

namespace procmark::compare {

std::vector<LibcOverhead> LibcOverheads(const store::Run& run, const std::string& cell,
                                        const Rules& rules) {
  static const std::string kForm = "/form:libc";
  std::vector<LibcOverhead> rows;
  for (const std::string& libc : SlicesOf(Side{.run = &run, .cell = cell}).order) {
    const size_t at = libc.find(kForm);
    if (at == std::string::npos || libc.starts_with("limit/")) continue;
    std::string raw = libc;
    raw.erase(at, kForm.size());
    const auto measured = EstimateRatio(run, cell, raw, libc, rules.confidence);
    if (!measured) continue;
    LibcOverhead& row = rows.emplace_back();
    row.raw = std::move(raw);
    row.libc = libc;
    row.unit = measured->unit;
    row.pairs = static_cast<int64_t>(measured->estimate.n);
    row.raw_per_operation = measured->base;
    row.libc_per_operation = measured->other;
    row.ratio = std::exp(measured->estimate.effect);
    if (measured->estimate.interval && row.pairs >= rules.fewest_pairs)
      row.interval = Relative(*measured->estimate.interval);
  }
  return rows;
}

}  // namespace procmark::compare

// SPDX-License-Identifier: MIT
#include "harness/explain/sample_match.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "harness/stats/quantile.h"

namespace procmark::explain {
namespace {

// A read of the clock, at the begin of a segment.
struct Read {
  size_t segment = 0;
  uint64_t address = 0;
  int64_t before = 0;  // instructions of all segments before it
  int64_t idles = 0;   // as well
};

std::vector<Read> ReadsOf(const Profile& profile) {
  std::vector<Read> reads;
  int64_t before = 0;
  int64_t idles = 0;
  for (size_t i = 0; i < profile.segments.size(); ++i) {
    const Segment& segment = profile.segments[i];
    if (segment.cut == Cut::kClock) reads.push_back({i, segment.clock_address, before, idles});
    before += Instructions(profile, segment);
    idles += segment.idles;
  }
  return reads;
}

// Sample i spans the reads `first` + i * `step` and the `gap`th after it.
struct Pattern {
  size_t first = 0;
  size_t gap = 1;
  size_t step = 1;
};

// A sample reads the clock at its edges; a canary's also while it is lengthened, up to this often.
constexpr size_t kMostGap = 64;
constexpr size_t kMostStep = 128;

class Matcher {
 public:
  Matcher(const Profile& profile, const std::vector<int64_t>& samples, double tick)
      : reads_(ReadsOf(profile)),
        samples_(samples),
        slack_(static_cast<int64_t>(tick > 1 ? std::ceil(tick) : 0)) {}

  // The pattern with the fewest reads; of those, the one with `warmups` samples before it, else the
  // first.
  std::optional<Pattern> Find(int64_t warmups) const;
  std::vector<SampleSpan> Spans(const Pattern& pattern) const;

 private:
  SampleSpan SpanOf(const Pattern& pattern, size_t sample) const;
  bool Fits(const Pattern& pattern) const;
  bool FollowsWarmups(const Pattern& pattern, int64_t warmups) const;

  const std::vector<Read> reads_;
  const std::vector<int64_t>& samples_;
  const int64_t slack_;
};

SampleSpan Matcher::SpanOf(const Pattern& pattern, size_t sample) const {
  const Read& from = reads_[pattern.first + sample * pattern.step];
  const Read& to = reads_[pattern.first + sample * pattern.step + pattern.gap];
  return {from.segment, to.segment, to.before - from.before, to.idles - from.idles};
}

bool Matcher::Fits(const Pattern& pattern) const {
  if (pattern.first + (samples_.size() - 1) * pattern.step + pattern.gap >= reads_.size()) {
    return false;
  }
  for (size_t i = 0; i < samples_.size(); ++i) {
    const SampleSpan span = SpanOf(pattern, i);
    const int64_t missing = samples_[i] - span.counted;
    if (missing < -slack_ || (missing > slack_ && span.idles == 0)) return false;
  }
  return true;
}

bool Matcher::FollowsWarmups(const Pattern& pattern, int64_t warmups) const {
  const auto reads_in = [&](size_t begin, size_t end) {
    const auto at = [&](size_t i) { return reads_.begin() + static_cast<std::ptrdiff_t>(i); };
    return std::count_if(at(begin), at(end), [&](const Read& read) {
      return read.address == reads_[pattern.first].address;
    });
  };
  const size_t period_end = std::min(pattern.first + pattern.step, reads_.size());
  return reads_in(0, pattern.first) == warmups * reads_in(pattern.first, period_end);
}

std::optional<Pattern> Matcher::Find(int64_t warmups) const {
  for (size_t gap = 1; gap <= kMostGap; ++gap) {
    for (size_t step = gap; step <= std::min(2 * gap + 2, kMostStep); ++step) {
      std::optional<Pattern> found;
      for (size_t first = 0; first < reads_.size(); ++first) {
        const Pattern pattern{first, gap, step};
        if (!Fits(pattern)) continue;
        if (FollowsWarmups(pattern, warmups)) return pattern;
        if (!found) found = pattern;
      }
      if (found) return found;
    }
  }
  return std::nullopt;
}

std::vector<SampleSpan> Matcher::Spans(const Pattern& pattern) const {
  std::vector<SampleSpan> spans;
  for (size_t i = 0; i < samples_.size(); ++i) spans.push_back(SpanOf(pattern, i));
  return spans;
}

}  // namespace

std::vector<SampleSpan> MatchSamples(const Profile& profile, const std::vector<int64_t>& samples,
                                     double tick, int64_t warmups) {
  const Matcher matcher(profile, samples, tick);
  const std::optional<Pattern> pattern = matcher.Find(warmups);
  if (!pattern) {
    throw std::runtime_error(
        "no reads of the clock in the profile are as far apart as the samples say");
  }
  return matcher.Spans(*pattern);
}

size_t LowerQuartileSample(const std::vector<int64_t>& samples) {
  const int64_t quartile = stats::LowerQuantile(samples, 0.25);
  return static_cast<size_t>(std::ranges::find(samples, quartile) - samples.begin());
}

}  // namespace procmark::explain

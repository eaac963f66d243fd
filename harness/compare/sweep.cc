// SPDX-License-Identifier: MIT
#include "harness/compare/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "harness/sys/text.h"

namespace procmark::compare {
namespace {

constexpr double kKibibyteBytes = 1 << 10;
constexpr double kMebibyte = 1 << 20;
constexpr size_t kFewestPlaces = 3;  // a line always fits two points

enum class Step { kOne, kPage, kKibibyte };

// What a parameter counts.
struct Kind {
  const char* noun;
  Step step = Step::kOne;
  bool zero_without = false;  // a subject without the parameter has none of it
};

// The parameters that make sweeps. Others, such as percent: and count:, do not: the cost of their
// benchmarks is already divided by them.
const std::map<std::string, Kind>& Kinds() {
  static const std::map<std::string, Kind> kinds = {
      {"rss", {"page", Step::kPage, true}},
      {"own", {"page", Step::kPage, true}},
      {"bytes", {"page", Step::kPage}},
      {"stack", {"page", Step::kPage}},
      {"guard", {"page", Step::kPage}},
      {"argv", {"KiB of arguments", Step::kKibibyte}},
      {"envp", {"KiB of environment", Step::kKibibyte}},
      {"vmas", {"mapping", Step::kOne, true}},
      {"own_vmas", {"mapping", Step::kOne, true}},
      {"fds", {"descriptor", Step::kOne, true}},
      {"cloexec", {"descriptor", Step::kOne, true}},
      {"own_fds", {"descriptor", Step::kOne, true}},
      {"threads", {"thread", Step::kOne, true}},
      {"own_threads", {"thread", Step::kOne, true}},
      {"caller_threads", {"thread", Step::kOne, true}},
      {"zombies", {"zombie", Step::kOne, true}},
      {"seccomp", {"filter", Step::kOne, true}},
      {"pidns", {"namespace", Step::kOne, true}},
      {"cgroups", {"level", Step::kOne, true}},
      {"orphans", {"orphan"}},
      {"tasks", {"task"}},
      {"pidfds", {"pidfd"}},
      {"siblings", {"sibling", Step::kOne, true}},
      {"actions", {"action", Step::kOne, true}},
      {"atfork", {"handler", Step::kOne, true}},
      {"robust", {"mutex", Step::kOne, true}}};
  return kinds;
}

std::optional<double> ParseValue(const std::string& text) {
  const std::optional<int64_t> number = sys::ParseBytes(text);
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// Returns the name without part `left_out`, and without page: and memory: if `is_memory`.
std::string Without(const std::vector<std::string>& parts, size_t left_out, bool is_memory) {
  std::string name;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i == left_out) continue;
    if (is_memory && (parts[i].starts_with("page:") || parts[i].starts_with("memory:"))) continue;
    name += (name.empty() ? "" : "/") + parts[i];
  }
  return name;
}

bool HasHugePages(const std::vector<std::string>& parts) {
  return std::ranges::any_of(
      parts, [](const std::string& part) { return part == "page:thp" || part == "page:hugetlb"; });
}

class Finder {
 public:
  Finder(const std::vector<std::string>& benchmarks, double page_bytes)
      : names_(benchmarks.begin(), benchmarks.end()), page_bytes_(page_bytes) {}

  std::vector<Sweep> Find() {
    for (const std::string& name : names_) Look(name);
    std::vector<Sweep> found;
    for (auto& [name, sweep] : sweeps_) {
      std::stable_sort(sweep.points.begin(), sweep.points.end(),
                       [](const SweepPoint& a, const SweepPoint& b) { return a.x < b.x; });
      std::set<double> places;
      for (const SweepPoint& point : sweep.points) places.insert(point.x);
      if (places.size() >= kFewestPlaces) found.push_back(std::move(sweep));
    }
    return found;
  }

 private:
  // Adds the benchmark to one sweep for each of its numeric parameters.
  void Look(const std::string& name) {
    const std::vector<std::string> parts = sys::Split(name, '/');
    for (size_t i = 0; i < parts.size(); ++i) {
      const size_t colon = parts[i].find(':');
      if (colon == std::string::npos) continue;
      const std::string key = parts[i].substr(0, colon);
      const auto kind = Kinds().find(key);
      const std::optional<double> value = ParseValue(parts[i].substr(colon + 1));
      if (kind == Kinds().end() || !value) continue;
      std::vector<std::string> starred = parts;
      starred[i] = key + ":*";
      const std::string of_all = Without(starred, parts.size(), false);
      auto [place, is_new] = sweeps_.try_emplace(of_all);
      Sweep& sweep = place->second;
      const double step = StepBytes(kind->second, HasHugePages(parts));
      if (is_new) {
        sweep.name = of_all;
        sweep.per = Noun(kind->second, step);
        const std::string zero = Without(parts, i, kind->second.step == Step::kPage);
        if (kind->second.zero_without && names_.contains(zero)) sweep.points.push_back({zero, 0});
      }
      sweep.points.push_back({name, *value / step});
    }
  }

  double StepBytes(const Kind& kind, bool huge) const {
    if (kind.step == Step::kOne) return 1;
    if (kind.step == Step::kKibibyte) return kKibibyteBytes;
    return huge ? kMebibyte : page_bytes_;
  }

  static std::string Noun(const Kind& kind, double step) {
    if (kind.step != Step::kPage) return kind.noun;
    if (step == kMebibyte) return "MiB of huge pages";
    return fmt::format("{} KiB page", step / kKibibyteBytes);
  }

  std::set<std::string> names_;
  double page_bytes_;
  std::map<std::string, Sweep> sweeps_;
};

}  // namespace

std::vector<Sweep> FindSweeps(const std::vector<std::string>& benchmarks, double page_bytes) {
  return Finder(benchmarks, page_bytes).Find();
}

}  // namespace procmark::compare

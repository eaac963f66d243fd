// SPDX-License-Identifier: MIT
#include "harness/plan/plan.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <random>
#include <sstream>

#include "harness/plan/filter.h"
#include "harness/sys/complaint.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/toml_guard.h"

namespace procmark::plan {
namespace {

// Takes typed values out of one table and remembers where it is, for complaints.
class Table {
 public:
  Table(const toml::table& table, std::string origin, std::string prefix)
      : table_(table), origin_(std::move(origin)), prefix_(std::move(prefix)) {}

  [[noreturn]] void Complain(const std::string& key, const std::string& what) const {
    sys::ThrowUsage(fmt::format("{}: '{}{}' {}", origin_, prefix_, key, what));
  }

  void AllowOnly(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : table_) {
      if (std::ranges::find(known, key.str()) == known.end()) {
        Complain(std::string(key.str()),
                 fmt::format("is not a key of a plan; there are {}", fmt::join(known, ", ")));
      }
    }
  }

  void Take(const std::string& key, std::string& into) const {
    if (!table_.contains(key)) return;
    const auto value = table_[key].value_exact<std::string>();
    if (!value) Complain(key, "must be a string");
    into = *value;
  }

  template <std::integral T>
  void Take(const std::string& key, int64_t least, int64_t most, T& into) const {
    if (!table_.contains(key)) return;
    const auto value = table_[key].value_exact<int64_t>();
    if (!value || *value < least || *value > most) {
      Complain(key, fmt::format("must be a whole number from {} to {}", least, most));
    }
    into = static_cast<T>(*value);
  }

  void Take(const std::string& key, std::vector<std::string>& into) const {
    if (!table_.contains(key)) return;
    const toml::array* list = table_[key].as_array();
    if (list == nullptr) Complain(key, "must be a list of strings");
    into.clear();
    for (const toml::node& node : *list) {
      const auto text = node.value_exact<std::string>();
      if (!text) Complain(key, "must be a list of strings");
      into.push_back(*text);
    }
  }

  void Take(const std::string& key, Selection& into) const {
    if (!table_.contains(key)) return;
    const toml::table* inner = table_[key].as_table();
    if (inner == nullptr) Complain(key, "must be a table with tags, filter and names");
    const Table table(*inner, origin_, prefix_ + key + ".");
    table.AllowOnly({"tags", "filter", "names"});
    table.Take("tags", into.tags);
    table.Take("filter", into.filter);
    table.Take("names", into.names);
    const Filter checked(into.filter, fmt::format("{}: {}{}.filter", origin_, prefix_, key));
  }

 private:
  const toml::table& table_;
  std::string origin_;
  std::string prefix_;
};

toml::table SelectionTable(const Selection& selection) {
  toml::array tags;
  for (const std::string& tag : selection.tags) tags.push_back(tag);
  toml::table table{{"tags", tags}, {"filter", selection.filter}};
  if (selection.names.empty()) return table;
  toml::array names;
  for (const std::string& name : selection.names) names.push_back(name);
  table.insert("names", names);
  return table;
}

}  // namespace

Plan ParsePlan(std::string_view text, const std::string& origin) {
  if (const auto fault = sys::WhyNotParsed(text)) {
    sys::ThrowUsage(fmt::format("{}: line {}: {}", origin, fault->line, fault->what));
  }
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    sys::ThrowUsage(
        fmt::format("{}: line {}: {}", origin, error.source().begin.line, error.description()));
  }
  Plan plan;
  const Table table(root, origin, "");
  table.AllowOnly(
      {"name", "cells", "benchmarks", "tests", "samples", "warmups", "rounds", "budget_s", "seed"});
  table.Take("name", plan.name);
  table.Take("cells", plan.cells);
  table.Take("benchmarks", plan.benchmarks);
  table.Take("tests", plan.tests);
  table.Take("samples", 1, kMostSamples, plan.samples);
  table.Take("warmups", 0, 100'000, plan.warmups);
  table.Take("rounds", 1, 10'000, plan.rounds);
  table.Take("budget_s", 0, 86'400, plan.budget_s);
  table.Take("seed", 0, INT64_MAX, plan.seed);
  return plan;
}

Plan LoadPlan(const std::filesystem::path& file) {
  sys::Result<std::string> text = sys::ReadSmallFile(file.string());
  if (!text) {
    sys::ThrowUsage(
        fmt::format("cannot read the plan {}: {}", file.string(), text.Failure().Text()));
  }
  return ParsePlan(text.Value(), file.string());
}

std::string ToToml(const Plan& plan) {
  toml::array cells;
  for (const std::string& cell : plan.cells) cells.push_back(cell);
  const toml::table root{{"name", plan.name},
                         {"cells", cells},
                         {"benchmarks", SelectionTable(plan.benchmarks)},
                         {"tests", SelectionTable(plan.tests)},
                         {"samples", plan.samples},
                         {"warmups", plan.warmups},
                         {"rounds", plan.rounds},
                         {"budget_s", plan.budget_s},
                         {"seed", static_cast<int64_t>(plan.seed)}};
  std::ostringstream text;
  text << root << "\n";
  return text.str();
}

std::vector<std::string> Choose(const Selection& selection, const std::vector<Offer>& offers) {
  const Filter filter(selection.filter, "filter");
  const auto tagged = [](const Offer& offer, const std::string& tag) {
    return std::ranges::find(offer.tags, tag) != offer.tags.end();
  };
  std::vector<std::string> chosen;
  for (const Offer& offer : offers) {
    if (tagged(offer, "broken")) {
      if (selection.filter == offer.name) chosen.push_back(offer.name);
      continue;
    }
    const bool wanted =
        selection.tags.empty() || std::ranges::any_of(selection.tags, [&](const std::string& tag) {
          return tagged(offer, tag);
        });
    const bool named = std::ranges::find(selection.names, offer.name) != selection.names.end();
    if (named || (wanted && filter.IsFoundIn(offer.name))) chosen.push_back(offer.name);
  }
  return chosen;
}

std::vector<Step> Interleave(const std::vector<std::string>& cells,
                             const std::vector<std::string>& benchmarks, int64_t first_round,
                             int64_t rounds, uint64_t seed) {
  std::vector<Step> steps;
  steps.reserve(cells.size() * benchmarks.size() * static_cast<size_t>(rounds));
  for (int64_t round = first_round; round < first_round + rounds; ++round) {
    std::vector<std::string> order = benchmarks;
    std::seed_seq mixed{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                        static_cast<uint32_t>(round)};
    std::mt19937_64 random(mixed);
    // Fisher-Yates by hand: std::shuffle's order is the library's own affair, ours is a record.
    for (size_t last = order.size(); last > 1; --last) {
      std::swap(order[last - 1], order[random() % last]);
    }
    std::vector<std::string> turn = cells;
    if (round % 2 != 0) std::ranges::reverse(turn);
    for (const std::string& benchmark : order) {
      for (const std::string& cell : turn) steps.push_back({cell, benchmark, round});
    }
  }
  return steps;
}

}  // namespace procmark::plan

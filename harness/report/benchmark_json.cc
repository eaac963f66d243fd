// SPDX-License-Identifier: MIT
// The run in the JSON of Google Benchmark.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/compare/slices.h"
#include "harness/report/exporters.h"

namespace procmark::report {
namespace {

using Json = nlohmann::ordered_json;

std::string NameOf(const std::string& cell, const std::string& benchmark) {
  return cell + ":" + benchmark;
}

Json BenchmarkEntry(const std::string& name, size_t family, const char* type, size_t repetitions,
                    int64_t iterations, double time, const std::string& unit) {
  return {{"name", name},     {"family_index", family},   {"per_family_instance_index", 0},
          {"run_name", name}, {"run_type", type},         {"repetitions", repetitions},
          {"threads", 1},     {"iterations", iterations}, {"real_time", time},
          {"cpu_time", time}, {"time_unit", unit}};
}

void AddBenchmark(const compare::SummaryRow& row, const compare::SliceList& slices, size_t family,
                  Json& benchmarks) {
  const std::string name = NameOf(row.cell, row.benchmark);
  size_t repetition = 0;
  for (const store::Slice* slice : slices) {
    const auto samples = static_cast<int64_t>(slice->slice.samples.size());
    Json entry =
        BenchmarkEntry(name, family, "iteration", slices.size(), samples * slice->slice.operations,
                       compare::SliceQ25(*slice), row.unit);
    entry["repetition_index"] = repetition++;
    for (const auto& [key, count] : slice->slice.counts) entry[key] = count;
    benchmarks.push_back(std::move(entry));
  }
  const std::pair<const char*, double> aggregates[] = {
      {"q25", row.q25}, {"median", row.median}, {"mean", row.mean}, {"min", row.min}};
  for (const auto& [aggregate, value] : aggregates) {
    Json entry = BenchmarkEntry(name + "_" + aggregate, family, "aggregate", slices.size(),
                                row.samples, value, row.unit);
    entry["run_name"] = name;
    entry["aggregate_name"] = aggregate;
    entry["aggregate_unit"] = "time";
    benchmarks.push_back(std::move(entry));
  }
}

Json IntervalOf(const std::optional<stats::Interval>& interval) {
  if (!interval) return nullptr;
  return {{"low", interval->low}, {"high", interval->high}, {"confidence", interval->confidence}};
}

// Google Benchmark has no slopes; its tools ignore keys that they do not know.
Json Slopes(const Report& report) {
  Json slopes = Json::array();
  for (const compare::SweepSlope& row : report.slopes) {
    Json points = Json::array();
    for (const compare::SlopePoint& point : row.points) {
      points.push_back({{"name", NameOf(row.cell, point.benchmark)},
                        {"x", point.x},
                        {"cost", point.cost},
                        {"miss", point.miss}});
    }
    slopes.push_back({{"name", NameOf(row.cell, row.sweep)},
                      {"unit", row.unit},
                      {"per", row.per},
                      {"rounds", row.rounds},
                      {"slope", row.slope},
                      {"slope_interval", IntervalOf(row.slope_interval)},
                      {"intercept", row.intercept},
                      {"intercept_interval", IntervalOf(row.intercept_interval)},
                      {"fit", compare::SweepFitName(row.fit)},
                      {"finding", row.sentence},
                      {"points", std::move(points)}});
  }
  return slopes;
}

}  // namespace

std::string ExportBenchmarkJson(const ExportInput& input) {
  const Report& report = input.report;
  const store::Run& run = *report.run;
  Json document;
  document["context"] = {{"date", run.started_utc},
                         {"executable", "procmark-bench"},
                         {"library_build_type", "release"},
                         {"procmark_run", run.id},
                         {"procmark_time",
                          "per operation; real_time of a slice is its q25; "
                          "cpu_time repeats real_time"}};
  for (const auto& [key, value] : run.environment) document["context"]["host." + key] = value;
  document["benchmarks"] = Json::array();
  document["procmark_slopes"] = Slopes(report);
  size_t family = 0;
  for (const compare::SummaryRow& row : report.rows) {
    const compare::SideSlices slices = compare::SlicesOf({.run = &run, .cell = row.cell});
    AddBenchmark(row, slices.of.at(row.benchmark), family++, document["benchmarks"]);
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace procmark::report

// SPDX-License-Identifier: MIT
#include "harness/store/record.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <variant>

namespace procmark::store {
namespace {

using Json = nlohmann::json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A wire event stays in its wire form; the record adds where it belongs.
std::string WithPlace(const wire::Event& event, const Json& place) {
  Json json = Json::parse(wire::Encode(event));
  json.update(place);
  return Dump(json);
}

void DecodeRun(const Json& json, Run& run) {
  if (json.at("records").get<int>() != kRecordsVersion) {
    throw std::runtime_error("these records are of another version of procmark");
  }
  json.at("id").get_to(run.id);
  json.at("name").get_to(run.name);
  json.at("started_utc").get_to(run.started_utc);
  json.at("plan_toml").get_to(run.plan_toml);
  json.at("environment").get_to(run.environment);
}

void DecodeCell(const Json& json, Run& run) {
  Cell cell;
  json.at("name").get_to(cell.name);
  cell.clock = kClocks.Require("clock", json.at("clock").get<std::string>());
  json.at("inputs").get_to(cell.inputs);
  json.at("environment").get_to(cell.environment);
  // A resumed run records its cell again: the later word counts.
  std::erase_if(run.cells, [&](const Cell& known) { return known.name == cell.name; });
  run.cells.push_back(std::move(cell));
}

void DecodeLoss(const Json& json, Run& run) {
  Loss loss;
  json.at("cell").get_to(loss.cell);
  loss.kind = kLossKinds.Require("kind", json.at("kind").get<std::string>());
  json.at("sentence").get_to(loss.sentence);
  json.at("console_tail").get_to(loss.console_tail);
  json.at("reproduce").get_to(loss.reproduce);
  run.losses.push_back(std::move(loss));
}

// The lines that are wire events with a place.
void DecodeEvent(std::string_view line, const Json& json, Run& run) {
  const wire::Event event = wire::Decode(line);
  const std::string cell = json.at("cell").get<std::string>();
  if (const auto* slice = std::get_if<wire::Slice>(&event)) {
    run.slices.push_back(
        {cell, json.at("round").get<int64_t>(), json.at("sequence").get<int64_t>(), *slice});
  } else if (const auto* skip = std::get_if<wire::Skip>(&event)) {
    run.skips.push_back({cell, *skip});
  } else if (const auto* refused = std::get_if<wire::Refused>(&event)) {
    run.refused.push_back({cell, *refused});
  } else if (const auto* test = std::get_if<wire::Test>(&event)) {
    run.tests.push_back({cell, *test});
  } else {
    throw std::runtime_error("a line of this type does not belong in a run");
  }
}

}  // namespace

std::string EncodeRun(const Run& run) {
  return Dump({{"type", "run"},
               {"records", kRecordsVersion},
               {"id", run.id},
               {"name", run.name},
               {"started_utc", run.started_utc},
               {"plan_toml", run.plan_toml},
               {"environment", run.environment}});
}

std::string EncodeCell(const Cell& cell) {
  return Dump({{"type", "cell"},
               {"name", cell.name},
               {"clock", ClockName(cell.clock)},
               {"inputs", cell.inputs},
               {"environment", cell.environment}});
}

std::string EncodeSlice(const Slice& slice) {
  return WithPlace(slice.slice,
                   {{"cell", slice.cell}, {"round", slice.round}, {"sequence", slice.sequence}});
}

std::string EncodeSkip(const Skip& skip) { return WithPlace(skip.skip, {{"cell", skip.cell}}); }

std::string EncodeRefused(const Refused& refused) {
  return WithPlace(refused.refused, {{"cell", refused.cell}});
}

std::string EncodeTest(const Test& test) { return WithPlace(test.test, {{"cell", test.cell}}); }

std::string EncodeKernelConfig(const std::string& sha256, const KernelConfig& config) {
  return Dump({{"type", "kernel_config"}, {"sha256", sha256}, {"options", config}});
}

std::string EncodeLoss(const Loss& loss) {
  return Dump({{"type", "loss"},
               {"cell", loss.cell},
               {"kind", LossKindName(loss.kind)},
               {"sentence", loss.sentence},
               {"console_tail", loss.console_tail},
               {"reproduce", loss.reproduce}});
}

std::string EncodeEnd(int64_t lines, const std::string& sha256) {
  return Dump({{"type", "end"}, {"lines", lines}, {"sha256", sha256}});
}

bool DecodeInto(std::string_view line, Run& run, End& end) {
  try {
    const Json json = Json::parse(line);
    const std::string type = json.at("type").get<std::string>();
    if (type == "end") {
      json.at("lines").get_to(end.lines);
      json.at("sha256").get_to(end.sha256);
      return true;
    }
    if (type == "run") {
      DecodeRun(json, run);
    } else if (type == "cell") {
      DecodeCell(json, run);
    } else if (type == "loss") {
      DecodeLoss(json, run);
    } else if (type == "kernel_config") {
      run.kernel_configs[json.at("sha256").get<std::string>()] =
          json.at("options").get<KernelConfig>();
    } else {
      DecodeEvent(line, json, run);
    }
    return false;
  } catch (const Json::exception& error) {
    throw std::runtime_error(error.what());
  }
}

}  // namespace procmark::store

// SPDX-License-Identifier: MIT
#include "conformance/mutation/check/fault_table.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/sys/child.h"
#include "harness/sys/complaint.h"

namespace procmark::mutation {
namespace {

FaultRow RowOf(const nlohmann::json& json) {
  FaultRow row;
  row.name = json.at("name");
  row.sentence = json.at("sentence");
  row.breaks = json.at("breaks");
  row.traced = json.at("traced");
  row.pinned = json.value("pinned", std::vector<std::string>{});
  row.caught_by = json.value("caught_by", std::vector<std::string>{});
  return row;
}

}  // namespace

std::string ReadText(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) sys::ThrowUsage("'" + path + "' cannot be read");
  return text.str();
}

std::vector<FaultRow> ReadFaultTable(const std::string& path) {
  std::vector<FaultRow> rows;
  try {
    const nlohmann::json table = nlohmann::json::parse(ReadText(path));
    for (const nlohmann::json& json : table.at("faults")) {
      rows.push_back(RowOf(json));
    }
  } catch (const nlohmann::json::exception& error) {
    sys::ThrowUsage("'" + path + "' is not a table of faults: " + error.what());
  }
  return rows;
}

void WriteFaultTable(const std::string& path, const std::vector<FaultRow>& rows) {
  nlohmann::ordered_json table;
  table["note"] =
      "Written by `procmark-mutation-check find-faults`; see conformance/mutation/README.md. Each "
      "fault is one way in which a kernel is wrong. caught_by lists the tests that fail on it, and "
      "pinned the tests that `procmark-mutation-check check-faults` runs.";
  table["faults"] = nlohmann::ordered_json::array();
  for (const FaultRow& row : rows) {
    table["faults"].push_back({{"name", row.name},
                               {"sentence", row.sentence},
                               {"breaks", row.breaks},
                               {"traced", row.traced},
                               {"pinned", row.pinned},
                               {"caught_by", row.caught_by}});
  }
  std::ofstream file(path);
  file << table.dump(1) << "\n";
  file.close();
  if (!file) sys::ThrowLost("'" + path + "' cannot be written");
}

std::vector<FaultRow> ListFaults(const std::string& fault_program) {
  const sys::Result<sys::CommandOutput> listed =
      sys::RunCommand({fault_program, "--list"}, sys::Deadline::After(10'000));
  if (!listed || listed.Value().status != 0) sys::ThrowLost(fault_program + " --list failed");
  std::vector<FaultRow> rows;
  for (const nlohmann::json& json : nlohmann::json::parse(listed.Value().out)) {
    rows.push_back(RowOf(json));
  }
  return rows;
}

}  // namespace procmark::mutation

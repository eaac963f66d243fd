// SPDX-License-Identifier: MIT
// Where the numbers come from, and the commands that reproduce them.
#include <fmt/format.h>

#include "harness/report/entries.h"
#include "harness/report/sections.h"

namespace procmark::report {
namespace {

using Kind = Column::Kind;

void AddMap(std::string title, const std::map<std::string, std::string>& map, bool folded,
            std::vector<Table>& tables) {
  if (map.empty()) return;
  using One = std::pair<std::string, std::string>;
  const std::vector<ColumnOf<One>> columns = {
      {{"key", Kind::kName}, [](const One& one) { return TextEntry(one.first); }},
      {{"value", Kind::kCode}, [](const One& one) { return TextEntry(one.second); }}};
  Table& table = tables.emplace_back();
  table.title = std::move(title);
  table.folded = folded;
  Fill(table, columns, std::vector<One>(map.begin(), map.end()));
}

Table CommandTable(const std::vector<Command>& commands) {
  const std::vector<ColumnOf<Command>> columns = {
      {{"purpose"}, [](const Command& command) { return TextEntry(command.sentence); }},
      {{"command", Kind::kCode},
       [](const Command& command) { return TextEntry(command.command); }}};
  Table table;
  table.title = "Commands";
  table.layout = Table::Layout::kRecords;
  Fill(table, columns, commands);
  return table;
}

Table PlanTable(const std::string& plan) {
  Table table;
  table.title = "The plan of this run";
  table.layout = Table::Layout::kRecords;
  table.detail = Detail::kFull;
  table.folded = true;
  table.columns = {{"plan", Kind::kCode}};
  table.rows.push_back({{TextEntry(plan)}});
  return table;
}

}  // namespace

Sections EnvironmentSections(const Report& report) {
  const store::Run& run = *report.run;
  Section section;
  section.id = "environment";
  section.title = "Environment and hashes";
  section.detail = Detail::kNormal;
  AddMap("Host", run.environment, false, section.tables);
  for (const store::Cell& cell : run.cells) {
    AddMap(fmt::format("{}: inputs (on the exact clock, equal inputs give identical numbers)",
                       cell.name),
           cell.inputs, true, section.tables);
    AddMap(fmt::format("{}: environment (clock {})", cell.name, store::ClockName(cell.clock)),
           cell.environment, true, section.tables);
  }
  return UnlessEmpty(std::move(section));
}

Sections ReproduceSections(const Report& report) {
  Section section;
  section.id = "reproduce";
  section.title = "How to reproduce and check";
  section.detail = Detail::kNormal;
  if (!report.reproduce.empty()) section.tables.push_back(CommandTable(report.reproduce));
  if (!report.run->plan_toml.empty()) section.tables.push_back(PlanTable(report.run->plan_toml));
  return UnlessEmpty(std::move(section));
}

}  // namespace procmark::report

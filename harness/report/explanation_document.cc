// SPDX-License-Identifier: MIT
#include "harness/report/explanation_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/explain/function_table.h"
#include "harness/explain/phases.h"
#include "harness/report/entries.h"
#include "harness/report/numbers.h"

namespace procmark::report {
namespace {

using explain::Cost;
using explain::Explanation;
using explain::NodeKind;
using explain::TreeNode;
using Kind = Column::Kind;

// A row of every table: a part of the sample.
struct Part {
  std::string group;
  std::string name;
  Cost cost;
  int64_t total = 0;  // elapsed instructions of the whole sample
  int64_t calls = 0;
  Cost self;  // of it, without what it calls
  Cost in_allocator = {};
  Cost in_faults = {};
};

// Empty for zero, so that what is there stands out.
Entry CountOrNothing(int64_t count) { return count == 0 ? Entry{} : CountEntry(count); }

Entry ShareEntry(int64_t part, int64_t whole) {
  if (whole == 0) return {};
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  Entry entry = TextEntry(fmt::format("{:.1f} %", 100 * share));
  entry.number = share;
  return entry;
}

using PartColumns = std::vector<ColumnOf<Part>>;

PartColumns CostColumns() {
  return {
      {{"elapsed", Kind::kNumber}, [](const Part& part) { return CountEntry(part.cost.elapsed); }},
      {{"share", Kind::kNumber},
       [](const Part& part) { return ShareEntry(part.cost.elapsed, part.total); }},
      {{"retired", Kind::kNumber}, [](const Part& part) { return CountEntry(part.cost.retired); }},
      {{"bytes set", Kind::kNumber},
       [](const Part& part) { return CountOrNothing(part.cost.bytes_set); }},
      {{"copied", Kind::kNumber},
       [](const Part& part) { return CountOrNothing(part.cost.bytes_copied); }}};
}

ColumnOf<Part> PartName(const char* title) {
  return {{title, Kind::kName}, [](const Part& part) { return TextEntry(part.name); }};
}

ColumnOf<Part> CallsColumn() {
  return {{"calls", Kind::kNumber}, [](const Part& part) { return CountOrNothing(part.calls); }};
}

PartColumns Joined(PartColumns columns, const PartColumns& more) {
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

Table PartTable(const std::string& title, const PartColumns& columns,
                const std::vector<Part>& parts) {
  Table table;
  table.title = title;
  Fill(table, columns, parts);
  return table;
}

Section SectionOf(const char* id, const char* title, const char* note, Table table) {
  Section section;
  section.id = id;
  section.title = title;
  section.note = note;
  section.tables.push_back(std::move(table));
  return section;
}

Section StageSection(const Explanation& explanation, int64_t total) {
  std::vector<Part> parts;
  for (size_t stage = 0; stage < explanation.stages.size(); ++stage) {
    Part& part = parts.emplace_back(Part{"", explanation.stages[stage], {}, total, 0, {}});
    for (const TreeNode& node : explanation.tree.nodes) part.cost += node.self[stage];
  }
  return SectionOf(
      "edges", "By edge", "The sample, split in time at the edges of the operation.",
      PartTable("Between the edges", Joined({PartName("edges")}, CostColumns()), parts));
}

Section TaskSection(const Explanation& explanation, int64_t total) {
  const std::vector<Cost> inclusive = explanation.tree.InclusiveCosts();
  std::vector<Part> parts;
  for (size_t i = 1; i < inclusive.size(); ++i) {
    const TreeNode& node = explanation.tree.nodes[i];
    const bool user = node.kind == NodeKind::kUserSpace;
    if (node.parent != 0 && !user) continue;
    const std::string of = user ? explanation.tree.nodes[node.parent].name + ": " : "";
    parts.push_back({"", of + node.name, inclusive[i], total, 0, {}});
  }
  return SectionOf("tasks", "By task", "Who executed, and how much of it outside the kernel.",
                   PartTable("Tasks", Joined({PartName("task")}, CostColumns()), parts));
}

Section PhaseSection(const Explanation& explanation, int64_t total) {
  std::vector<Part> parts;
  for (const explain::PhaseCost& phase : explain::PhasesOf(explanation.tree)) {
    parts.push_back(
        {phase.group, phase.phase, phase.all, total, 0, {}, phase.in_allocator, phase.in_faults});
  }
  const PartColumns before = {
      {{"", Kind::kText}, [](const Part& part) { return TextEntry(part.group); }},
      PartName("phase")};
  const PartColumns after = {
      {{"in allocators", Kind::kNumber},
       [](const Part& part) { return CountOrNothing(part.in_allocator.elapsed); }},
      {{"in page faults", Kind::kNumber},
       [](const Part& part) { return CountOrNothing(part.in_faults.elapsed); }}};
  return SectionOf(
      "phases", "By phase",
      "Every instruction is in one phase. What the compiler put into copy_process() or do_exit() "
      "itself is in their rest, unless there is debugging information.",
      PartTable("Phases", Joined(Joined(before, CostColumns()), after), parts));
}

Section FunctionSection(const Explanation& explanation, const Cost& total, int64_t most) {
  const std::vector<explain::FunctionCost> functions = explain::FunctionsOf(explanation.tree);
  const auto shown = std::min(functions.size(), static_cast<size_t>(most));
  std::vector<Part> parts;
  Cost rest = total;
  for (size_t i = 0; i < shown; ++i) {
    const explain::FunctionCost& function = functions[i];
    parts.push_back({"", function.function, function.self, total.elapsed, function.calls, {}});
    rest -= function.self;
  }
  if (shown < functions.size()) {
    parts.push_back(
        {"", fmt::format("{} others", functions.size() - shown), rest, total.elapsed, 0, {}});
  }
  return SectionOf(
      "functions", "By function", "Without what each function calls.",
      PartTable("Functions, without what they call",
                Joined(Joined({PartName("function")}, CostColumns()), {CallsColumn()}), parts));
}

// The branches of a call tree, the dearest first.
class Branches {
 public:
  Branches(const Explanation& explanation, const ExplanationView& view)
      : nodes_(explanation.tree.nodes),
        view_(view),
        inclusive_(explanation.tree.InclusiveCosts()),
        self_(explanation.tree.SelfCosts()),
        children_(nodes_.size()) {
    for (uint32_t i = 1; i < nodes_.size(); ++i) children_[nodes_[i].parent].push_back(i);
    for (std::vector<uint32_t>& siblings : children_) {
      std::ranges::stable_sort(siblings, std::ranges::greater(),
                               [this](uint32_t i) { return inclusive_[i].elapsed; });
    }
  }

  std::vector<Part> Parts() {
    for (const uint32_t child : children_[0]) Add(child, 0);
    return std::move(parts_);
  }

 private:
  void Add(uint32_t node, int64_t depth);

  const std::vector<TreeNode>& nodes_;
  const ExplanationView& view_;
  const std::vector<Cost> inclusive_;
  const std::vector<Cost> self_;
  std::vector<std::vector<uint32_t>> children_;
  std::vector<Part> parts_;
};

std::string MarkOf(const TreeNode& node) {
  if (node.kind == NodeKind::kInlined) return " (inlined)";
  if (node.how == explain::How::kJump) return " (jump)";
  if (node.how == explain::How::kException) return " (exception)";
  if (node.how == explain::How::kUnseen) return " (began before)";
  return "";
}

void Branches::Add(uint32_t node, int64_t depth) {
  const double least = view_.least_percent / 100 * static_cast<double>(inclusive_[0].elapsed);
  const int64_t elapsed = inclusive_[node].elapsed;
  if (elapsed == 0 || static_cast<double>(elapsed) < least) return;
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  parts_.push_back({"", indent + nodes_[node].name + MarkOf(nodes_[node]), inclusive_[node],
                    inclusive_[0].elapsed, nodes_[node].calls, self_[node]});
  if (depth + 1 >= view_.depth) return;
  for (const uint32_t child : children_[node]) Add(child, depth + 1);
}

Section TreeSection(const Explanation& explanation, const ExplanationView& view) {
  PartColumns columns = CostColumns();
  columns.resize(3);  // elapsed, share, retired
  columns.push_back({{"self", Kind::kNumber},
                     [](const Part& part) { return CountOrNothing(part.self.elapsed); }});
  columns.push_back(CallsColumn());
  columns.push_back(PartName("function"));
  return SectionOf("tree", "Call tree", "Each function with what it calls.",
                   PartTable(fmt::format("Branches of at least {:g} %", view.least_percent),
                             columns, Branches(explanation, view).Parts()));
}

std::string LimitsOf(const Explanation& explanation) {
  if (!explanation.has_calls) {
    return "Calls are not followed on this architecture: functions have no callers.";
  }
  if (!explanation.has_inlined) {
    return "There is no debugging information: what is inlined belongs to where it is.";
  }
  return "Inlined functions are shown.";
}

}  // namespace

Document ExplanationDocument(const Explanation& explanation, const ExplanationView& view) {
  const Cost total = explain::Total(explanation);
  Document document;
  document.title = explanation.benchmark + " in " + explanation.cell;
  document.facts = {{"kernel", explanation.kernel},
                    {"sample", fmt::format("{} of {}, the q25", explanation.sample_index + 1,
                                           explanation.samples)},
                    {"string instructions",
                     fmt::format("{} bytes set, {} copied, {} scanned", CountText(total.bytes_set),
                                 CountText(total.bytes_copied), CountText(total.bytes_scanned))},
                    {"functions", LimitsOf(explanation)}};
  if (explanation.operations > 1) {
    document.facts.push_back({"operations in it", CountText(explanation.operations)});
  }
  if (explanation.idle > 0) {
    document.facts.push_back({"instructions' time without work", CountText(explanation.idle)});
  }
  document.headline = fmt::format(
      "{} in {} executes {} instructions, or {} as a CPU counts.", explanation.benchmark,
      explanation.cell, CountText(explanation.sample - explanation.idle), CountText(total.retired));
  document.sections.push_back(StageSection(explanation, total.elapsed));
  document.sections.push_back(TaskSection(explanation, total.elapsed));
  if (explanation.has_calls) document.sections.push_back(PhaseSection(explanation, total.elapsed));
  document.sections.push_back(FunctionSection(explanation, total, view.functions));
  if (explanation.has_calls) document.sections.push_back(TreeSection(explanation, view));
  return document;
}

}  // namespace procmark::report

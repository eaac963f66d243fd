// Tables of peers.
#include "harness/report/peer_tables.h"

#include <fmt/format.h>

#include "harness/report/escape.h"
#include "harness/report/html_parts.h"
#include "harness/report/numbers.h"
#include "harness/report/text_table.h"

namespace procmark::report {
namespace {

using Align = TextTable::Align;

constexpr const char* kTitle = "What others call the same";

std::string Times(const PeerRow& row) {
  return row.our_cost > 0 ? fmt::format("{:.2f}", row.peer_cost / row.our_cost) : "-";
}

}  // namespace

std::string TextPeers(const Report& report) {
  if (report.peers.empty()) return "";
  TextTable table({{"peer"},
                   {"its", Align::kRight},
                   {"ours", Align::kRight},
                   {"unit"},
                   {"times", Align::kRight},
                   {"our benchmark"},
                   {"why they differ"}});
  for (const PeerRow& row : report.peers) {
    table.Add({row.peer, CostText(row.peer_cost, row.unit), CostText(row.our_cost, row.unit),
               row.unit + "/op", Times(row), row.ours, row.why});
  }
  return fmt::format("\n{}\n{}", kTitle, table.Render(2));
}

std::string MarkdownPeers(const Report& report) {
  if (report.peers.empty()) return "";
  std::string out = fmt::format(
      "\n## {}\n\n| peer | its | ours | unit | times | our benchmark | why they differ |\n"
      "|---|--:|--:|---|--:|---|---|\n",
      kTitle);
  for (const PeerRow& row : report.peers) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", MarkdownText(row.peer),
                       CostText(row.peer_cost, row.unit), CostText(row.our_cost, row.unit),
                       MarkdownText(row.unit + "/op"), Times(row), MarkdownText(row.ours),
                       MarkdownText(row.why));
  }
  return out;
}

std::string HtmlPeers(const Report& report) {
  if (report.peers.empty()) return "";
  std::string out = Heading("peers", kTitle) + OpenTable({"peer", ">its", ">ours", "unit", ">times",
                                                          "our benchmark", "why they differ"});
  for (const PeerRow& row : report.peers) {
    out += "<tr>" + NameCell(row.peer) + NumberCell(CostText(row.peer_cost, row.unit)) +
           NumberCell(CostText(row.our_cost, row.unit)) + TextCell(row.unit + "/op") +
           NumberCell(Times(row)) + NameCell(row.ours) + TextCell(row.why) + "</tr>\n";
  }
  return out + CloseTable();
}

}  // namespace procmark::report

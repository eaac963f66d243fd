// SPDX-License-Identifier: MIT
#include "harness/report/html_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/report/escape.h"

namespace procmark::report {
namespace {

constexpr Detail kPage = Detail::kFull;
constexpr double kPlotWidth = 190;

// The largest effect that the plots of a column show. At least three times the threshold, so that
// small effects look small. At most 50 %, so that one outlier does not hide the others.
double PlotReach(const VisibleTable& visible, size_t column) {
  double reach = 0.003;
  for (const Row* row : visible.rows) {
    const Entry& entry = row->entries[column];
    if (entry.number) reach = std::max(reach, std::abs(*entry.number));
    if (entry.band) reach = std::max(reach, 3 * entry.band->high);
    if (entry.range) {
      reach = std::max({reach, std::abs(entry.range->low), std::abs(entry.range->high)});
    }
  }
  return std::min(reach, 0.5);
}

// Draws the number, its interval and the band of the threshold.
std::string Plot(const Entry& entry, double reach) {
  if (!entry.number) return "";
  const auto at = [reach](double effect) {
    return kPlotWidth / 2 * (1 + std::clamp(effect / reach, -1.0, 1.0) * 0.96);
  };
  const char* tone = kTones.NameOf(entry.tone);
  std::string out = fmt::format(
      "<svg class=\"forest\" width=\"{0:.0f}\" height=\"22\" viewBox=\"0 0 {0:.0f} 22\" "
      "aria-hidden=\"true\">",
      kPlotWidth);
  if (entry.band) {
    const double low = at(entry.band->low);
    out += fmt::format("<rect class=\"band\" x=\"{:.1f}\" y=\"1\" width=\"{:.1f}\" height=\"20\"/>",
                       low, at(entry.band->high) - low);
  }
  out +=
      fmt::format("<line class=\"zero\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"1\" y2=\"21\"/>", at(0));
  if (entry.range) {
    out += fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"11\" y2=\"11\" stroke-width=\"2\"/>",
        tone, at(entry.range->low), at(entry.range->high));
  }
  return out + fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"11\" r=\"3.5\"/></svg>", tone,
                           at(*entry.number));
}

std::string Pill(const Entry& entry) {
  return fmt::format("<span class=\"pill {}\">{}</span>", kTones.NameOf(entry.tone),
                     HtmlText(entry.text));
}

// The content of one <td>.
std::string Content(const Column& column, const Entry& entry, double reach) {
  if (entry.text.empty()) return "";
  switch (column.kind) {
    case Column::Kind::kVerdict:
      return Pill(entry);
    case Column::Kind::kInterval:
      return Plot(entry, reach) + HtmlText(entry.text);
    case Column::Kind::kText:
    case Column::Kind::kName:
    case Column::Kind::kNumber:
    case Column::Kind::kProse:
    case Column::Kind::kCode:
      return HtmlText(entry.text);
  }
  return "";
}

const char* ClassOf(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::kText:
      return "text";
    case Column::Kind::kName:
      return "name";
    case Column::Kind::kNumber:
      return "num";
    case Column::Kind::kInterval:
      return "plot";
    case Column::Kind::kVerdict:
      return "verdict";
    case Column::Kind::kProse:
      return "prose";
    case Column::Kind::kCode:
      return "code";
  }
  return "";
}

std::string GridHtml(const Table& table, const VisibleTable& visible) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  std::vector<double> reaches(table.columns.size(), 0);
  for (const size_t i : visible.columns) {
    const Column& column = table.columns[i];
    std::string title = HtmlText(column.name);
    if (column.kind == Column::Kind::kInterval) {
      reaches[i] = PlotReach(visible, i);
      title += fmt::format(" (&#177;{:.3g} %, band: threshold)", 100 * reaches[i]);
    }
    out += fmt::format("<th scope=\"col\" class=\"{}\">{}</th>", ClassOf(column.kind), title);
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const Row* row : visible.rows) {
    out += "<tr>";
    for (const size_t i : visible.columns) {
      const Entry& entry = row->entries[i];
      const std::string hint =
          entry.hint.empty() ? "" : fmt::format(" title=\"{}\"", XmlAttribute(entry.hint));
      out += fmt::format("<td class=\"{}\"{}>{}</td>", ClassOf(table.columns[i].kind), hint,
                         Content(table.columns[i], entry, reaches[i]));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

// Short entries on one line, then each long one below.
std::string RecordsHtml(const Table& table, const VisibleTable& visible) {
  const bool labelled = LongColumns(table, visible) > 1;
  std::string out;
  for (const Row* row : visible.rows) {
    std::string line;
    std::string below;
    for (const size_t i : visible.columns) {
      const Column& column = table.columns[i];
      const Entry& entry = row->entries[i];
      if (entry.text.empty()) continue;
      if (IsLong(column)) {
        if (labelled) below += fmt::format("<p class=\"soft\">{}</p>\n", HtmlText(column.name));
        const std::string text = HtmlText(entry.text);
        below += column.kind == Column::Kind::kCode
                     ? fmt::format("<pre>{}</pre>\n", text)
                     : fmt::format("<p class=\"prose\">{}</p>\n", text);
      } else {
        line += Content(column, entry, 0) + " ";
      }
    }
    out += "<div class=\"record\">\n";
    if (!line.empty()) out += fmt::format("<p>{}</p>\n", line);
    out += below + "</div>\n";
  }
  return out;
}

}  // namespace

std::string HtmlTable(const Table& table) {
  if (table.detail > kPage) return "";
  const VisibleTable visible = VisibleAt(table, kPage);
  std::string body;
  if (!table.note.empty()) body += fmt::format("<p class=\"soft\">{}</p>\n", HtmlText(table.note));
  if (!visible.rows.empty()) {
    body += table.layout == Table::Layout::kRecords ? RecordsHtml(table, visible)
                                                    : GridHtml(table, visible);
  }
  if (table.folded) {
    return fmt::format("<details><summary>{}</summary>\n{}</details>\n", HtmlText(table.title),
                       body);
  }
  return fmt::format("<h3>{}</h3>\n{}", HtmlText(table.title), body);
}

}  // namespace procmark::report

// Small pieces of HTML.
#include "harness/report/html_parts.h"

#include <fmt/format.h>

#include <set>

#include "harness/report/escape.h"

namespace procmark::report {

std::string Pill(const std::string& kind, const std::string& text) {
  return fmt::format("<span class=\"pill {}\">{}</span>", kind, HtmlText(text));
}

std::string KindOf(const std::string& verdict) {
  static const std::set<std::string> bad = {
      "regressed", "not deterministic", "fail", "timeout", "crash", "bad", "beyond", "lost",
      "steeper"};
  static const std::set<std::string> good = {"improved", "identical",      "pass",     "good",
                                             "within",   "fastest within", "fixed",    "linear",
                                             "flat",     "flatter",        "unchanged"};
  static const std::set<std::string> warn = {"changed", "xpass", "inconclusive", "unclear",
                                             "nonlinear"};
  if (bad.contains(verdict)) return "bad";
  if (good.contains(verdict)) return "good";
  if (warn.contains(verdict)) return "warn";
  return "dull";
}

std::string Heading(const std::string& id, const std::string& title) {
  return fmt::format("<h2 id=\"{}\">{}</h2>\n", id, HtmlText(title));
}

std::string OpenTable(const std::vector<std::string>& titles, const std::string& css) {
  std::string out =
      css.empty() ? "<div class=\"scroll\"><table>\n<thead><tr>"
                  : fmt::format("<div class=\"scroll\"><table class=\"{}\">\n<thead><tr>", css);
  for (const std::string& title : titles) {
    out += title.starts_with('>') ? fmt::format("<th class=\"num\">{}</th>", title.substr(1))
                                  : fmt::format("<th>{}</th>", title);
  }
  return out + "</tr></thead>\n<tbody>\n";
}

std::string CloseTable() { return "</tbody></table></div>\n"; }

std::string TextCell(const std::string& text) { return fmt::format("<td>{}</td>", HtmlText(text)); }
std::string NameCell(const std::string& text) {
  return fmt::format("<td class=\"name\">{}</td>", HtmlText(text));
}
std::string NumberCell(const std::string& text) {
  return fmt::format("<td class=\"num\">{}</td>", HtmlText(text));
}
std::string HtmlCell(const std::string& html, const std::string& css) {
  return css.empty() ? fmt::format("<td>{}</td>", html)
                     : fmt::format("<td class=\"{}\">{}</td>", css, html);
}

std::string KeyValueTable(const std::map<std::string, std::string>& map) {
  if (map.empty()) return "";
  std::string out = OpenTable({"key", "value"});
  for (const auto& [key, value] : map) {
    out +=
        std::string("<tr>") + NameCell(key) + HtmlCell(HtmlText(value), "value mono") + "</tr>\n";
  }
  return out + CloseTable();
}

}  // namespace procmark::report

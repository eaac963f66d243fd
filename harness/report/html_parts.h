// Small pieces that the sections of report.html share. Internal to report.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace procmark::report {

// <span class="pill KIND">TEXT</span>; kind is bad, good, warn or dull. Escapes the text.
std::string Pill(const std::string& kind, const std::string& text);

// The colour of a verdict's word, of benchmarks and tests alike.
std::string KindOf(const std::string& verdict);

// A heading that the navigation can point at. Escapes the title.
std::string Heading(const std::string& id, const std::string& title);

// The opening of a table in a scrolling box, with its column titles; a title that begins with '>'
// is right-aligned. Titles are ours and not escaped.
std::string OpenTable(const std::vector<std::string>& titles, const std::string& css = "");
std::string CloseTable();

// One cell each: escaped text, a name in monospace, a right-aligned number, ready HTML.
std::string TextCell(const std::string& text);
std::string NameCell(const std::string& text);
std::string NumberCell(const std::string& text);
std::string HtmlCell(const std::string& html, const std::string& css = "");

// A two-column table; nothing when the map is empty.
std::string KeyValueTable(const std::map<std::string, std::string>& map);

}  // namespace procmark::report

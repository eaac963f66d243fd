// Makes text that a kernel or a program printed safe in each format.
#pragma once

#include <string>
#include <string_view>

namespace procmark::report {

// Valid UTF-8 without what XML 1.0 forbids: invalid bytes and control characters other than tab and
// newline become U+FFFD; carriage returns are dropped.
std::string CleanText(std::string_view text);

// CleanText with & < > " ' as entities: text or an attribute's value in HTML and XML. Newlines and
// tabs stay, which HTML keeps in <pre> only; in attributes of XML use XmlAttribute.
std::string HtmlText(std::string_view text);

// HtmlText with tab and newline as character references, which attribute parsing would fold.
std::string XmlAttribute(std::string_view text);

// CleanText on one line (newlines become spaces) with Markdown's and HTML's special characters
// escaped; safe inside a table.
std::string MarkdownText(std::string_view text);

// CleanText for a terminal: no control sequence of any sort remains. Newlines stay.
std::string TerminalText(std::string_view text);

// TerminalText on one line.
std::string OneLine(std::string_view text);

// The JSON text made safe inside <script>: < becomes \u003c.
std::string ScriptJson(const std::string& json);

// Number of code points of valid UTF-8; what columns are aligned by.
size_t DisplayWidth(std::string_view text);

}  // namespace procmark::report

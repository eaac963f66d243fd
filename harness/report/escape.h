// Makes text from outside (a kernel's console, a test's message) safe in each format.
#pragma once

#include <string>
#include <string_view>

namespace procmark::report {

// Returns valid UTF-8 that XML 1.0 allows: invalid bytes and control characters other than tab and
// newline become U+FFFD; carriage returns are removed.
std::string CleanText(std::string_view text);

// CleanText with & < > " ' as entities, for text in HTML and XML.
std::string HtmlText(std::string_view text);

// HtmlText with tab and newline as character references, because a parser would turn them into
// blanks in an attribute.
std::string XmlAttribute(std::string_view text);

// CleanText on one line (newlines become blanks), with the special characters of Markdown and HTML
// escaped. Safe inside a table.
std::string MarkdownText(std::string_view text);

// MarkdownText with newlines as <br>.
std::string MarkdownLines(std::string_view text);

// CleanText for a terminal: without any control sequence. Newlines stay.
std::string TerminalText(std::string_view text);

// TerminalText on one line.
std::string OneLine(std::string_view text);

// Makes JSON safe inside <script>: < becomes \u003c.
std::string ScriptJson(const std::string& json);

// The number of code points of valid UTF-8, for the alignment of columns.
size_t DisplayWidth(std::string_view text);

}  // namespace procmark::report

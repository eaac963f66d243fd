// SPDX-License-Identifier: MIT
// Makes text from outside (a kernel's console, a test's message) safe in each format.
#pragma once

#include <string>
#include <string_view>

#include "harness/sys/printable.h"

namespace procmark::report {

using sys::CleanText;
using sys::TerminalText;

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

// sys::TerminalLine.
std::string OneLine(std::string_view text);

// Makes JSON safe inside <script>: < becomes \u003c.
std::string ScriptJson(const std::string& json);

// The number of code points of valid UTF-8, for the alignment of columns.
size_t DisplayWidth(std::string_view text);

}  // namespace procmark::report

// SPDX-License-Identifier: MIT
#include "harness/report/escape.h"

#include <cstdint>

namespace procmark::report {
namespace {

std::string Replaced(const std::string& text, char what, std::string_view by) {
  std::string out;
  for (const char c : text) {
    if (c == what) {
      out += by;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string HtmlText(std::string_view text) {
  std::string out;
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string XmlAttribute(std::string_view text) {
  return Replaced(Replaced(HtmlText(text), '\n', "&#10;"), '\t', "&#9;");
}

std::string OneLine(std::string_view text) { return sys::TerminalLine(text); }

std::string MarkdownText(std::string_view text) {
  std::string out;
  for (const char c : Replaced(Replaced(CleanText(text), '\n', " "), '\t', " ")) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("\\`*_[]|~#").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string MarkdownLines(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    out += MarkdownText(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += "<br>";
    text.remove_prefix(end + 1);
  }
}

std::string ScriptJson(const std::string& json) { return Replaced(json, '<', "\\u003c"); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return width;
}

}  // namespace procmark::report

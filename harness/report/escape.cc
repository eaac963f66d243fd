#include "harness/report/escape.h"

#include <cstdint>

namespace procmark::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Returns the length of the UTF-8 sequence at the front of `text`, or 0 if it is not valid and
// allowed.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  uint32_t code = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool forbidden = code > 0x10FFFF || (code & 0xFFFE) == 0xFFFE;
  const bool control = code >= 0x80 && code <= 0x9F;  // C1: terminals interpret these
  return overlong || surrogate || forbidden || control ? 0 : length;
}

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

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<uint8_t>(text.front());
    const size_t length = SequenceLength(text);
    const bool control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
    if (first != '\r') clean += length == 0 || control ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

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

std::string OneLine(std::string_view text) {
  return Replaced(Replaced(CleanText(text), '\n', " "), '\t', " ");
}

std::string MarkdownText(std::string_view text) {
  std::string out;
  for (const char c : OneLine(text)) {
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

std::string TerminalText(std::string_view text) { return CleanText(text); }

std::string ScriptJson(const std::string& json) { return Replaced(json, '<', "\\u003c"); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return width;
}

}  // namespace procmark::report

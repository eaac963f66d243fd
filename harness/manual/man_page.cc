// SPDX-License-Identifier: MIT
#include "harness/manual/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/manual/option_text.h"

namespace procmark::manual {
namespace {

// The code point of the UTF-8 sequence at `text[at]`, which is advanced to its last byte.
uint32_t TakeCodePoint(const std::string& text, size_t& at) {
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  uint32_t code = first & (0x3fU >> more);
  for (size_t i = 0; i < more && at + 1 < text.size(); ++i) code = code << 6 | (byte(++at) & 0x3fU);
  return code;
}

// `text` as roff prints it: no character is a command, and '-' is the one of the keyboard.
std::string Roff(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && out.empty()) {
      out += "\\&.";
    } else if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      out += fmt::format("\\[u{:04X}]", TakeCodePoint(text, at));
    } else {
      out += c;
    }
  }
  return out;
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string Term(const std::string& term, const std::string& text) {
  return fmt::format(".TP\n.B {}\n{}\n", Roff(term), Roff(text));
}

std::string Options(const CommandText& command) {
  std::string out;
  for (const OptionText& option : command.options) {
    out += Term(NamesOf(option), SentenceOf(option));
  }
  return out;
}

std::string Examples(const CommandText& command) {
  if (command.examples.empty()) return "";
  std::string out = ".PP\nExamples:\n.PP\n.RS\n.nf\n";
  for (const std::string& line : command.examples) out += Roff(line) + "\n";
  return out + ".fi\n.RE\n";
}

std::string Command(const CommandText& command, const std::string& called) {
  return fmt::format(".SS \"{}\"\n{}\n.PP\nUsage:\n.B {}\n{}{}", Roff(command.name),
                     Roff(command.sentence), Roff(called + " " + command.name + UsageOf(command)),
                     Options(command), Examples(command));
}

}  // namespace

std::string RenderManPage(const CommandText& program, const std::string& called,
                          const std::vector<Section>& sections) {
  std::string page = called;
  std::ranges::replace(page, ' ', '-');
  std::string out = fmt::format(".TH \"{}\" 1 \"\" \"procmark {}\" \"User Commands\"\n",
                                Roff(Upper(page)), PROCMARK_VERSION);
  out += fmt::format(".SH NAME\n{} \\- {}\n", Roff(page), Roff(program.sentence));
  out += fmt::format(".SH SYNOPSIS\n.B {}\n", Roff(called + UsageOf(program)));
  out += Examples(program);
  out += ".SH OPTIONS\n" + Options(program);
  out += ".SH COMMANDS\n";
  for (const CommandText& command : program.commands) out += Command(command, called);
  for (const Section& section : sections) {
    out += fmt::format(".SH \"{}\"\n", Roff(Upper(section.title)));
    for (const Entry& entry : section.entries) out += Term(entry.term, entry.text);
  }
  return out;
}

}  // namespace procmark::manual
